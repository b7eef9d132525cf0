"""Bearer tokens in the Authorization header, and nowhere else (RFC 6750 section 2.1)."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.timezone import now

from applications.authentication.address import client_address
from applications.models import hot
from applications.operations.last_used import touch
from applications.rules.credentials import is_credential, token_key
from applications.rules.networks import Address, allows
from applications.rules.scopes import effective

HEADER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE | re.ASCII)


class NoCredential(Exception):
    """The request carries no credential: a bare challenge is the answer (RFC 6750 section 3.1)."""


class InvalidToken(Exception):
    """The token is malformed, unknown, expired, revoked, or its application is disabled."""


class AddressNotAllowed(Exception):
    """The token is good, but not from this address."""


class InsufficientScope(Exception):
    """The token is good, but not for this; `scope` is what it would take."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


@dataclass(frozen=True, slots=True)
class Caller:
    """A client program that has proved who it is; `scopes` are those its token has at this moment."""

    application_pk: int
    application_id: str
    application_name: str
    account_pk: int
    scopes: tuple[str, ...]
    expires_at: datetime | None


def authenticate(request: HttpRequest, scope: str | None = None) -> Caller:
    """Return who calls, having checked token, address and `scope` in one round trip to the database.

    Raises NoCredential, InvalidToken, AddressNotAllowed or InsufficientScope.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        raise NoCredential
    found = _find(header)
    caller = _judge(found, client_address(request))
    if scope is not None and scope not in caller.scopes:
        raise InsufficientScope(scope)
    return caller


def _find(header: str) -> hot.Found:
    match = HEADER.fullmatch(header)
    if match is None or not is_credential(match[1]):
        raise InvalidToken
    found = hot.find_token(token_key(match[1]), now())
    if found is None:
        raise InvalidToken
    return found


def _judge(found: hot.Found, address: Address) -> Caller:
    if not allows(found.fence, address):
        raise AddressNotAllowed
    touch(found, address, now())
    return Caller(
        application_pk=found.application_pk,
        application_id=found.application_id,
        application_name=found.application_name,
        account_pk=found.account_pk,
        scopes=effective(found.scope, found.generation, found.grants),
        expires_at=found.expires_at,
    )
