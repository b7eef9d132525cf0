"""What has happened since it was last written: figures, refusals, and from where credentials were used."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from applications.models import Refusal
from applications.models.usage import DailyCount
from applications.operations.address_use import Use
from applications.operations.measured import count_lost
from applications.operations.refused_requests import RefusedRequest

# Uses from different addresses a flush; beyond that only those known go on being counted.
MAX_ADDRESSES = 10_000


@dataclass(slots=True)
class Gathered:
    """What has happened since the last flush."""

    counts: Counter[DailyCount] = field(default_factory=Counter)
    refusals: dict[str, Refusal] = field(default_factory=dict)  # by request id
    unexplained: list[RefusedRequest] = field(default_factory=list)
    nobodys: Counter[date] = field(default_factory=Counter)  # refused requests whose credentials nobody has
    uses: Counter[Use] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.counts or self.refusals or self.unexplained or +self.nobodys or self.uses)

    def add_use(self, use: Use, count: int = 1) -> None:
        known = self.uses.get(use, 0)
        if known or len(self.uses) < MAX_ADDRESSES:
            self.uses[use] = known + count
        else:
            count_lost("addresses")
