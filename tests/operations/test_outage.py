"""Counting requests while the cache fails, and deleting old counts: by the clock, without a database or a cache."""

import logging

import pytest

from applications.models.rates import RateCount
from applications.operations.rates import HOUR, MINUTE, SECONDS_LEFT_ALONE, Outage, Sweeper, next_minute


class Clock:
    """The monotonic clock of a process, which has run for a day."""

    def __init__(self) -> None:
        self.now = 86_400.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("applications.operations.rates.time.monotonic", clock)
    return clock


def lasts(outage: Outage) -> bool:
    return not outage.circuit.allows()


def warnings(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.levelno == logging.WARNING for record in caplog.records)


def test_a_cache_that_failed_is_left_alone_for_five_seconds(clock: Clock) -> None:
    outage = Outage()
    assert not lasts(outage)
    outage.begin(ConnectionError())
    assert lasts(outage)
    clock.now += SECONDS_LEFT_ALONE - 0.01
    assert lasts(outage)
    clock.now += 0.01
    assert not lasts(outage)


def test_each_failure_begins_the_time_anew(clock: Clock) -> None:
    outage = Outage()
    outage.begin(ConnectionError())
    clock.now += 3
    outage.begin(ConnectionError())
    clock.now += 3
    assert lasts(outage)


def test_a_long_outage_is_in_the_log_once_a_minute(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    for _second in range(MINUTE):
        outage.begin(ConnectionError("refused"))
        clock.now += 1
    assert warnings(caplog) == 1
    outage.begin(ConnectionError("refused"))
    assert warnings(caplog) == 2
    assert "the database counts failed requests" in caplog.text
    assert "refused" in caplog.text


def test_a_second_outage_within_the_minute_is_not_in_the_log_again(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage()
    outage.begin(ConnectionError())
    clock.now += MINUTE - 1
    outage.begin(ConnectionError())
    assert (warnings(caplog), lasts(outage)) == (1, True)


@pytest.mark.parametrize(
    ("moment", "end"), [(0, 60), (59.999, 60), (60, 120), (1_795_696_965.25, 1_795_696_980)]
)
def test_a_minute_ends_where_the_next_begins(moment: float, end: int) -> None:
    assert next_minute(moment) == end
    assert end % MINUTE == 0


def test_old_counts_are_deleted_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    deleted = list[int]()

    class Counts:
        def filter(self, *, minute__lt: int) -> "Counts":
            deleted.append(minute__lt)
            return self

        def delete(self) -> None:
            """Nothing is stored here."""

    monkeypatch.setattr(RateCount, "objects", Counts())
    sweeper, first = Sweeper(), 29_000_000 // HOUR * HOUR
    for minute in (first, first + 1, first + HOUR - 1, first + HOUR, first + HOUR, first + 3 * HOUR):
        sweeper.sweep(minute)
    assert deleted == [first - HOUR, first, first + 2 * HOUR]  # the last hour is kept, whoever asks
