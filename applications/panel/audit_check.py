"""What the page of the audit log says about its chain: only what `verify_audit` has walked is claimed."""

from dataclasses import dataclass
from datetime import datetime

from applications.models import Account, AuditCheck


@dataclass(frozen=True, slots=True)
class Statement:
    """When the chain was checked last, how many rows it had, and the first row that did not fit, if any.

    `began_at` None: it was never checked. `later`: whether rows were written since, which nobody has checked yet.
    `broken_row` 0: the log has no row, not even that of the account's creation.
    """

    began_at: datetime | None = None
    rows: int = 0
    broken_row: int | None = None
    later: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether a row was changed, removed or put in between."""
        return self.broken_row is not None


def statement_of(account: Account) -> Statement:
    """Return what is known of the account's chain; two queries."""
    check = AuditCheck.objects.filter(account=account).first()
    if check is None:
        return Statement()
    later = account.audit_events.filter(pk__gt=check.last_row).exists()
    return Statement(check.began_at, check.rows, check.broken_row, later)
