"""What operations/usage.py gathers for people, counted for operators too (applications/observed.py)."""

from collections.abc import Iterable

from applications.models import Refusal
from applications.models.statements.clients import NOBODY
from applications.models.usage import ISSUED
from applications.observed import Event, count

UNKNOWN = "unknown_credential"  # the reason, where nobody has the credential


def count_event(application_pk: int | None, kind: str, *, is_kept: bool) -> None:
    """Count a token issued or a refusal; one that `is_kept` and nobody's is counted once it was explained."""
    if kind == ISSUED:
        count(Event.TOKENS_ISSUED)
    elif application_pk != NOBODY:
        count(Event.REFUSALS, kind)
    elif not is_kept:
        count(Event.REFUSALS, UNKNOWN)


def count_explained(refusals: Iterable[Refusal], nobodys: int) -> None:
    """Count refusals whose reason was found after the answer, and those of credentials that nobody has."""
    for refusal in refusals:
        count(Event.REFUSALS, refusal.reason)
    if nobodys:
        count(Event.REFUSALS, UNKNOWN, nobodys)


def count_lost(kind: str, number: int = 1) -> None:
    """Count rows of usage that are not kept, because there are too many."""
    if number:
        count(Event.USAGE_ROWS_LOST, kind, number)
