"""The one credential of a request: a bearer token or an API key."""

from django.http import HttpRequest

from applications.authentication.address import client_address
from applications.authentication.api_key import by_api_key
from applications.authentication.bearer import Find, by_token
from applications.authentication.clients import Client, InsufficientScope, NoCredential, TwoCredentials
from applications.authentication.headers import api_key, authorization
from applications.models.statements.tokens import find_token
from applications.models.usage import Reason
from applications.operations.usage import record_refusal
from applications.rules.networks import Address


def authenticate(request: HttpRequest, scopes: tuple[str, ...] = (), find: Find = find_token) -> Client:
    """Return who calls, having checked credential, address and all of `scopes` in one round trip to the database.

    `find` finds a token, and may read more in that round trip.
    Raises NoCredential, TwoCredentials, InvalidCredential, AddressNotAllowed or InsufficientScope.
    """
    header, key = authorization(request), api_key(request)
    if not header and not key:
        raise NoCredential
    if header and key:
        raise TwoCredentials
    address, request_id = client_address(request), request.request_id  # type: ignore[attr-defined]  # config/api_requests.py
    client = (
        by_api_key(key, address, request_id) if key else by_token(header, address, request_id, find, scopes)
    )
    if not set(scopes) <= set(client.scopes):
        _record_refusal(client, scopes, address, request_id)
        raise InsufficientScope(" ".join(scopes), client)
    return client


def _record_refusal(client: Client, scopes: tuple[str, ...], address: Address, request_id: str) -> None:
    record_refusal(
        client.application_pk,
        Reason.SCOPE,
        ip=str(address),
        request_id=request_id,
        detail=" ".join(name for name in scopes if name not in client.scopes)[:200],
        api_key_pk=client.api_key_pk,
    )
