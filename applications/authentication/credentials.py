"""The one credential of a request: a bearer token or an API key."""

from django.http import HttpRequest

from applications.authentication.address import client_address
from applications.authentication.api_key import by_api_key
from applications.authentication.bearer import Find, by_token
from applications.authentication.callers import Caller, InsufficientScope, NoCredential, TwoCredentials
from applications.authentication.headers import api_key, authorization
from applications.models.statements.tokens import find_token
from applications.models.usage import Reason
from applications.operations.usage import refuse
from applications.rules.networks import Address


def authenticate(request: HttpRequest, scopes: tuple[str, ...] = (), find: Find = find_token) -> Caller:
    """Return who calls, having checked credential, address and all of `scopes` in one round trip to the database.

    `find` finds a token, and may read more in that round trip.
    Raises NoCredential, TwoCredentials, InvalidCredential, AddressNotAllowed or InsufficientScope.
    """
    header, key = authorization(request), api_key(request)
    if not header and not key:
        raise NoCredential
    if header and key:
        raise TwoCredentials
    address, request_id = client_address(request), request.request_id  # type: ignore[attr-defined]  # config/machines.py
    caller = by_api_key(key, address, request_id) if key else by_token(header, address, request_id, find)
    if not set(scopes) <= set(caller.scopes):
        _keep(caller, scopes, address, request_id)
        raise InsufficientScope(" ".join(scopes), caller)
    return caller


def _keep(caller: Caller, scopes: tuple[str, ...], address: Address, request_id: str) -> None:
    refuse(
        caller.application_pk,
        Reason.SCOPE,
        ip=str(address),
        request_id=request_id,
        detail=" ".join(name for name in scopes if name not in caller.scopes)[:200],
        api_key_pk=caller.api_key_pk,
    )
