"""Checking the audit log: each chain is walked from its first row, and the first row that is wrong is named."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.timezone import now

from applications.models import Account, AuditCheck, AuditEvent
from applications.models.audit import AuditQuerySet
from applications.operations.audit import FIRST, chained

ROWS_AT_A_TIME = 2_000  # as many as are in memory at once


@dataclass(frozen=True, slots=True)
class Break:
    """A row that does not fit: `row` None when an account has none, not even that of its creation."""

    account: int | None
    row: int | None
    problem: str


@dataclass(slots=True)
class Walk:
    """One chain: how many rows it has, and the key of its last one."""

    rows: int = 0
    last_row: int = 0


@dataclass(slots=True)
class Check:
    """What was walked from `began_at` on, and the first break of each chain; the operator's chain is that of None."""

    began_at: datetime = field(default_factory=now)
    walks: dict[int | None, Walk] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows were walked."""
        return sum(walk.rows for walk in self.walks.values())


def check_chains(account: Account | None = None) -> Check:
    """Walk the chain of `account`, or all of them and the operator's, and return what was found.

    Streams: memory does not grow with the log. Rows that were cut off the end of a chain leave no trace in it.
    """
    check, chain, latest, walk = Check(), object(), FIRST, Walk()
    events = AuditEvent.objects.in_chains()
    for event in _streamed(events if account is None else events.filter(account=account)):
        if event.account_id != chain:
            chain, latest = event.account_id, FIRST
            walk = check.walks[event.account_id] = Walk()
        walk.rows, walk.last_row = walk.rows + 1, event.pk
        if problem := _problem(event, latest):
            _add(check, Break(event.account_id, event.pk, problem))
        latest = bytes(event.digest)
    for missing in _without_rows(account):
        check.breaks.append(Break(missing, None, "there is no row, not even of the account's creation"))
    return check


def store_check(check: Check) -> None:
    """Keep what was found for the pages of the accounts: only what was walked to its end is claimed to be checked."""
    broken = {found.account: found.row or 0 for found in check.breaks}
    accounts = sorted({pk for pk in (*check.walks, *broken) if pk is not None})
    rows = [
        AuditCheck(
            account_id=pk,
            began_at=check.began_at,
            rows=check.walks.get(pk, Walk()).rows,
            last_row=check.walks.get(pk, Walk()).last_row,
            broken_row=broken.get(pk),
        )
        for pk in accounts
    ]
    AuditCheck.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["began_at", "rows", "last_row", "broken_row"],
    )


def _streamed(events: AuditQuerySet) -> Iterator[AuditEvent]:
    return events.iterator(chunk_size=ROWS_AT_A_TIME)


def _problem(event: AuditEvent, latest: bytes) -> str:
    if bytes(event.previous) != latest:
        return "it does not follow the row before it: one was removed, added or changed"
    if bytes(event.digest) != chained(event):
        return "it is not what was written: a column was changed"
    return ""


def _add(check: Check, found: Break) -> None:
    if not check.breaks or check.breaks[-1].account != found.account:
        check.breaks.append(found)


def _without_rows(account: Account | None) -> Iterator[int]:
    accounts = Account.objects.filter(audit_events=None)
    if account is not None:
        accounts = accounts.filter(pk=account.pk)
    return accounts.values_list("pk", flat=True).iterator()
