"""What happened to an application in the last 30 days: the figures of its Overview."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from applications.models import Application
from applications.models.usage import CHECKED, ISSUED, Reason

DAYS = 30


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day (UTC)."""

    date: date
    issued: int
    refused: int
    checked: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """How often requests were refused for one reason; `width` is in percent of the most frequent one."""

    kind: str
    reason: str
    count: int
    width: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The last days, the oldest first, and why requests were refused, the most frequent reason first."""

    days: list[Day]
    reasons: list[Bar]

    @property
    def issued(self) -> int:
        return sum(day.issued for day in self.days)

    @property
    def checked(self) -> int:
        return sum(day.checked for day in self.days)

    @property
    def refused(self) -> int:
        return sum(day.refused for day in self.days)


def usage_of(application: Application, today: date) -> Usage:
    """Return what happened from 29 days before `today` (a day in UTC) until now, in one query."""
    first = today - timedelta(days=DAYS - 1)
    rows = list(application.daily_usage.since(first))
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    issued, checked = _per_day(rows, {ISSUED}), _per_day(rows, {CHECKED})
    refused = _per_day(rows, set(Reason.values))
    return Usage([Day(day, issued[day], refused[day], checked[day]) for day in dates], _bars(rows))


def _per_day(rows: Iterable[tuple[date, str, int]], kinds: set[str]) -> Counter[date]:
    per_day: Counter[date] = Counter()
    for day, kind, count in rows:
        if kind in kinds:
            per_day[day] += count
    return per_day


def _bars(rows: Iterable[tuple[date, str, int]]) -> list[Bar]:
    per_reason: Counter[str] = Counter()
    for _day, kind, count in rows:
        if kind in Reason.values:
            per_reason[kind] += count
    common = per_reason.most_common()
    return [
        Bar(kind, str(Reason(kind).label), count, f"{100 * count / common[0][1]:.1f}")
        for kind, count in common
        if count
    ]
