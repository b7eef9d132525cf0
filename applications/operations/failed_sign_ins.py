"""Failed sign-ins, gathered by person and minute before they go into the audit log (docs/decisions/0016).

A row written within the request would tell, by its time, that the email is known; and a row for each try would let
anyone fill the log of an account. So each process writes at most one row a minute and person.
"""

import logging
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from applications.models import User
from applications.models.audit import Action, ActorKind
from applications.operations.actors import Actor
from applications.operations.sign_ins import record_of_person

logger = logging.getLogger(__name__)

SECONDS = 60.0  # between two rows about one person
MAX_EMAILS = 10_000  # that are remembered between two flushes
MAX_ADDRESSES = 10  # that a row names


class Step(StrEnum):
    """What was wrong."""

    PASSWORD = "password"
    SECOND_FACTOR = "second_factor"


@dataclass(slots=True)
class Tries:
    """Tries for one email since its last row; `ip` and `request_id` are those of the first."""

    ip: str
    request_id: str
    steps: Counter[str] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)
    more: int = 0  # from addresses beyond those

    def include(self, steps: Counter[str], addresses: Counter[str], more: int = 0) -> None:
        self.steps.update(steps)
        self.more += more
        for ip, count in addresses.items():
            if ip in self.addresses or len(self.addresses) < MAX_ADDRESSES:
                self.addresses[ip] += count
            else:
                self.more += count

    @property
    def details(self) -> dict[str, object]:
        more = {"from_other_addresses": self.more} if self.more else {}
        return {
            "tries": self.steps.total(),
            "wrong": dict(self.steps),
            "addresses": dict(self.addresses),
            **more,
        }


class FailedSignIns:
    """What this process has gathered. Not guarded: whoever calls holds the lock of the recorder (usage.py)."""

    def __init__(self) -> None:
        self.tries: OrderedDict[str, Tries] = OrderedDict()
        self.written: dict[str, float] = {}  # when each person's last row was, on the monotonic clock

    def add(self, email: str, step: Step, ip: str, request_id: str) -> None:
        """Count a try. Beyond MAX_EMAILS the one that began longest ago gives way."""
        key = email.strip().lower()[:254]
        if not key.isprintable():  # such as NUL, which no database looks up, and nobody's email has
            return
        self.tries.setdefault(key, Tries(ip, request_id)).include(Counter([step]), Counter([ip]))
        if len(self.tries) > MAX_EMAILS:
            self.tries.popitem(last=False)

    def take(self, *, everything: bool = False) -> dict[str, Tries]:
        """Return what may be written now, and keep the rest: of whom there was a row within the last minute."""
        clock = time.monotonic()
        self.written = {email: at for email, at in self.written.items() if clock - at < SECONDS}
        due = [email for email in self.tries if everything or email not in self.written]
        self.written |= dict.fromkeys(due, clock)
        return {email: self.tries.pop(email) for email in due}

    def give_back(self, taken: dict[str, Tries]) -> None:
        """Keep what could not be written, ahead of what has come since."""
        for email, tries in taken.items():
            self.written.pop(email, None)
            if later := self.tries.pop(email, None):
                tries.include(later.steps, later.addresses, later.more)
            self.tries[email] = tries

    def forget(self) -> None:
        """Begin anew."""
        self.tries.clear()
        self.written.clear()


def write(taken: dict[str, Tries]) -> None:
    """Write a row for each person, and take it out of `taken`; emails of nobody are counted in the log."""
    people = {person.email: person for person in User.objects.filter(email__in=list(taken))}
    if unknown := sum(tries.steps.total() for email, tries in taken.items() if email not in people):
        logger.info("%d failed sign-ins with emails of nobody", unknown)
    for email in list(taken):
        if person := people.get(email):
            tries = taken[email]
            actor = Actor(ActorKind.USER, email, tries.ip, tries.request_id)
            record_of_person(person=person, action=Action.SIGN_IN_FAILED, actor=actor, details=tries.details)
        del taken[email]
