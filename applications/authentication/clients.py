"""A client that sent an access token or an API key, and the ways in which its credential can be refused."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from applications.models.audit import ActorKind
from applications.operations.actors import Actor, Limits
from applications.rules.networks import Address


class NoCredential(Exception):
    """The request carries no credential: a bare challenge is the answer (RFC 6750 section 3.1)."""


class TwoCredentials(Exception):
    """The request carries a token and a key: one way of authenticating per request (RFC 6750 section 2)."""


class InvalidCredential(Exception):
    """The token or key is malformed, unknown, expired or revoked, or the token's application is disabled."""


class AddressNotAllowed(Exception):
    """The credential is good, but not from this address; it is of this application, or this API key."""

    def __init__(self, *, application_pk: int | None = None, api_key_pk: int | None = None) -> None:
        super().__init__(application_pk, api_key_pk)
        self.application_pk, self.api_key_pk = application_pk, api_key_pk


class Client(NamedTuple):
    """A client program that has proved who it is; `scopes` are those its credential has at this moment.

    By a token it is an application, and `api_key_pk` is None; by an API key it is an account, and
    `application_pk` is None and the application's ID and name are empty.
    """

    account_pk: int
    account_name: str
    account_timezone: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    issued_at: datetime | None = None  # of a token
    application_pk: int | None = None
    application_id: str = ""
    application_name: str = ""
    api_key_pk: int | None = None
    api_key_name: str = ""  # with its hint, as people tell keys apart

    def actor(self, address: Address, request_id: str) -> Actor:
        """Return who makes a change through the API, for the audit row, with the limits of the credential."""
        lifetime = self.expires_at - self.issued_at if self.expires_at and self.issued_at else None
        limits = Limits(self.account_pk, self.scopes, self.application_pk, self.expires_at, lifetime)
        if self.api_key_pk is not None:
            return Actor(ActorKind.API_KEY, self.api_key_name, str(address), request_id, limits)
        return Actor(ActorKind.APPLICATION, self.application_id, str(address), request_id, limits)


class InsufficientScope(Exception):
    """The credential is good, but not for this; `scope` is what it would take, `client` whose it is."""

    def __init__(self, scope: str, client: Client) -> None:
        super().__init__(scope)
        self.scope, self.client = scope, client


def challenge(error: str = "", scope: str = "") -> str:
    """Return a WWW-Authenticate value (RFC 6750 section 3); bare when no credential was sent (section 3.1)."""
    parts = [f'realm="{settings.REALM}"']
    parts += [f'error="{error}"'] if error else []
    parts += [f'scope="{scope}"'] if scope else []
    return "Bearer " + ", ".join(parts)
