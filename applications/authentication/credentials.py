"""The one credential of a request: a bearer token or an API key."""

import uuid
from datetime import datetime

from django.http import HttpRequest

from applications.authentication.address import client_address
from applications.authentication.api_key import by_api_key
from applications.authentication.bearer import Find, by_token, client_of, token_of
from applications.authentication.clients import Client, InsufficientScope, NoCredential, TwoCredentials
from applications.authentication.headers import api_key, authorization
from applications.authentication.known import note_client
from applications.models.statements.tokens import FoundToken, find_token
from applications.models.usage import Reason
from applications.operations.last_used import Run, record_token_use
from applications.operations.usage import record_refusal
from applications.rules.credentials import token_key
from applications.rules.networks import Address


def authenticate(request: HttpRequest, scopes: tuple[str, ...] = (), find: Find = find_token) -> Client:
    """Return who calls, having checked credential, address and all of `scopes` in one round trip to the database.

    `find` finds a token, and may read more in that round trip.
    Raises NoCredential, TwoCredentials, InvalidCredential, AddressNotAllowed or InsufficientScope.
    """
    header, key = _one_credential(request)
    address, request_id = client_address(request), request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    client = (
        by_api_key(key, address, request_id) if key else by_token(header, address, request_id, find, scopes)
    )
    note_client(request, client)
    try:
        _check_scopes(client, scopes)
    except InsufficientScope:
        _record_refusal(client, scopes, address, request_id)
        raise
    return client


def asked_token(request: HttpRequest) -> uuid.UUID:
    """Return the key of the one token that is the request's credential; raise as `authenticate` does.

    InvalidCredential too where it is an API key.
    """
    header, _key = _one_credential(request)
    return token_key(token_of(header))


def accept(
    request: HttpRequest, found: FoundToken, scopes: tuple[str, ...], moment: datetime, run: Run
) -> Client:
    """Return whose token was found, good for this request and all of `scopes`, and record its use.

    Raises AddressNotAllowed or InsufficientScope, and then records nothing; `run` runs what writes.
    """
    address = client_address(request)
    client = client_of(found, address)
    note_client(request, client)
    _check_scopes(client, scopes)
    record_token_use(found, address, moment, scopes, run=run)
    return client


def _one_credential(request: HttpRequest) -> tuple[str, str]:
    header, key = authorization(request), api_key(request)
    if not header and not key:
        raise NoCredential
    if header and key:
        raise TwoCredentials
    return header, key


def _check_scopes(client: Client, scopes: tuple[str, ...]) -> None:
    if not set(scopes) <= set(client.scopes):
        raise InsufficientScope(" ".join(scopes), client)


def _record_refusal(client: Client, scopes: tuple[str, ...], address: Address, request_id: str) -> None:
    record_refusal(
        client.application_pk,
        Reason.SCOPE,
        ip=str(address),
        request_id=request_id,
        detail=" ".join(name for name in scopes if name not in client.scopes)[:200],
        api_key_pk=client.api_key_pk,
    )
