"""Who makes a change: what every operation takes, and what its audit row says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from applications.models.audit import ActorKind


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program's credential has itself, and so the most that it can hand on (operations/limits.py).

    By a token: `application_pk` is its application, `lifetime` from issue to expiry (None: for ever). By an API key:
    `application_pk` is None, and `expires_at` the end of the key (None: never).
    """

    account_pk: int
    scopes: tuple[str, ...]
    application_pk: int | None
    expires_at: datetime | None
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is what people read (an email, an application's ID); `ip` and `request_id` may be unknown.

    `limits` is None for members and commands. `at` dates what a sample does in the past, with its audit row; None: now.
    `may_change` is False for a member who only looks on (a viewer).
    """

    kind: ActorKind
    name: str
    ip: str | None = None
    request_id: str = ""
    limits: Limits | None = None
    at: datetime | None = None
    may_change: bool = True


OPERATOR = Actor(ActorKind.COMMAND, "operator")
