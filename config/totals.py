"""Counters and histograms of one process, or of several together: plain numbers, which only one thread changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

# Upper ends of a histogram's buckets, in seconds; one more has all that took longer.
BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

type Series = tuple[str, ...]  # a metric's name, then the values of its labels


@dataclass(slots=True)
class Histogram:
    """How many took how long: a number for each bucket, not yet added up, and the seconds of all."""

    numbers: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.numbers[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def cumulative(self) -> Iterator[tuple[str, float]]:
        """Yield each bucket's upper end and how many took no longer, as the exposition format has them."""
        sum_so_far = 0
        for end, number in zip((*map(str, BUCKETS), "+Inf"), self.numbers, strict=True):
            sum_so_far += number
            yield end, float(sum_so_far)


@dataclass(slots=True)
class Totals:
    """All figures since a process began, and of those that ended before it."""

    counters: dict[Series, int] = field(default_factory=dict)
    histograms: dict[Series, Histogram] = field(default_factory=dict)

    def count(self, series: Series, number: int = 1) -> None:
        self.counters[series] = self.counters.get(series, 0) + number

    def time(self, series: Series, seconds: float) -> None:
        if (histogram := self.histograms.get(series)) is None:
            histogram = self.histograms[series] = Histogram()
        histogram.add(seconds)

    def add(self, other: Totals) -> None:
        """Add what another process has counted."""
        for series, number in other.counters.items():
            self.count(series, number)
        for series, theirs in other.histograms.items():
            ours = self.histograms.setdefault(series, Histogram())
            ours.numbers = [a + b for a, b in zip(ours.numbers, theirs.numbers, strict=True)]
            ours.seconds += theirs.seconds

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        histograms = [[*series, each.numbers, each.seconds] for series, each in self.histograms.items()]
        return {
            "counters": [[*series, number] for series, number in self.counters.items()],
            "histograms": histograms,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Totals:
        """Return the totals that `to_json` has written."""
        return cls(
            {tuple(series): number for *series, number in data["counters"]},
            {tuple(series): Histogram(numbers, seconds) for *series, numbers, seconds in data["histograms"]},
        )
