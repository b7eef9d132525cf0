"""Who makes a change: what every operation takes, and what its audit row says."""

from dataclasses import dataclass

from applications.models.audit import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is what people read (an email, an application's ID); `ip` and `request_id` may be unknown."""

    kind: ActorKind
    name: str
    ip: str | None = None
    request_id: str = ""


OPERATOR = Actor(ActorKind.COMMAND, "operator")
