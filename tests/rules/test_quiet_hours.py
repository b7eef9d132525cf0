"""Held or not, and until when: by the wall clock, to the second, also when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from applications.errors import InvalidParam
from applications.rules.quiet_hours import QuietHours, parse_quiet_hours

WARSAW = ZoneInfo("Europe/Warsaw")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
UTC_ZONE = ZoneInfo("UTC")


def quiet(hours: str) -> QuietHours:
    parsed = parse_quiet_hours(*hours.split("–"))
    assert parsed is not None
    return parsed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_example_of_the_contract() -> None:
    local = datetime(2026, 11, 24, 21, 55, tzinfo=WARSAW)
    held = quiet("21:30–09:30").held_until(local, WARSAW)
    assert held == datetime(2026, 11, 25, 9, 31, tzinfo=WARSAW)
    assert held.tzinfo is UTC


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        ("21:30–09:30", "2026-11-24 21:29:59.999999", None),
        ("21:30–09:30", "2026-11-24 21:30:00", "2026-11-25 09:31"),
        ("21:30–09:30", "2026-11-24 23:59:59.999999", "2026-11-25 09:31"),
        ("21:30–09:30", "2026-11-25 00:00:00", "2026-11-25 09:31"),
        ("21:30–09:30", "2026-11-25 09:30:59.999999", "2026-11-25 09:31"),
        ("21:30–09:30", "2026-11-25 09:31:00", None),
        ("12:00–14:00", "2026-11-24 11:59:59", None),
        ("12:00–14:00", "2026-11-24 12:00:00", "2026-11-24 14:01"),
        ("12:00–14:00", "2026-11-24 14:00:59", "2026-11-24 14:01"),
        ("12:00–14:00", "2026-11-24 14:01:00", None),
        ("22:00–23:59", "2026-12-31 23:59:59", "2027-01-01 00:00"),
        ("22:00–23:59", "2027-01-01 00:00:00", None),
        ("00:00–06:00", "2026-11-24 00:00:00", "2026-11-24 06:01"),
        ("00:00–06:00", "2026-11-23 23:59:59", None),
        ("23:59–00:00", "2026-11-24 23:59:00", "2026-11-25 00:01"),
        ("00:01–23:59", "2026-11-24 00:01:00", "2026-11-25 00:00"),
        ("00:01–23:59", "2026-11-24 00:00:59", None),
    ],
)
def test_boundaries(hours: str, moment: str, until: str | None) -> None:
    assert quiet(hours).held_until(at(moment), UTC_ZONE) == (until and at(until))


@pytest.mark.parametrize(
    ("zone", "hours", "moment", "until"),
    [
        # Warsaw, 29 March 2026: from 02:00 CET straight to 03:00 CEST, at 01:00 UTC.
        (WARSAW, "21:30–09:30", "2026-03-28 20:55", "2026-03-29 07:31"),
        (WARSAW, "22:00–02:30", "2026-03-28 23:00", "2026-03-29 01:00"),
        (WARSAW, "22:00–02:30", "2026-03-29 00:59:59", "2026-03-29 01:00"),
        (WARSAW, "22:00–02:30", "2026-03-29 01:00", None),
        (WARSAW, "22:00–01:59", "2026-03-28 23:00", "2026-03-29 01:00"),
        (WARSAW, "22:00–02:59", "2026-03-28 23:00", "2026-03-29 01:00"),
        (WARSAW, "22:00–03:00", "2026-03-28 23:00", "2026-03-29 01:01"),
        # Warsaw, 25 October 2026: from 03:00 CEST back to 02:00 CET, at 01:00 UTC; 02:30 comes twice.
        (WARSAW, "21:30–09:30", "2026-10-24 19:55", "2026-10-25 08:31"),
        (WARSAW, "22:00–02:30", "2026-10-24 22:00", "2026-10-25 00:31"),
        (WARSAW, "22:00–02:30", "2026-10-25 00:45", None),
        (WARSAW, "22:00–02:30", "2026-10-25 01:10", "2026-10-25 01:31"),
        (WARSAW, "22:00–02:59", "2026-10-25 00:30", "2026-10-25 02:00"),
        (WARSAW, "02:30–09:00", "2026-10-25 00:45", "2026-10-25 08:01"),
        (WARSAW, "02:30–09:00", "2026-10-25 01:10", None),
        (WARSAW, "02:30–09:00", "2026-10-25 01:30", "2026-10-25 08:01"),
        # New York, 8 March 2026: 02:00 EST to 03:00 EDT, at 07:00 UTC; 1 November: 02:00 EDT to 01:00 EST, at 06:00.
        (NEW_YORK, "22:00–02:15", "2026-03-08 06:00", "2026-03-08 07:00"),
        (NEW_YORK, "21:00–08:00", "2026-03-08 02:30", "2026-03-08 12:01"),
        (NEW_YORK, "21:30–01:30", "2026-11-01 05:10", "2026-11-01 05:31"),
        (NEW_YORK, "21:30–01:30", "2026-11-01 06:10", "2026-11-01 06:31"),
        (NEW_YORK, "21:00–08:00", "2026-11-01 02:30", "2026-11-01 13:01"),
        # Lord Howe moves by half an hour: 4 October 2026 02:00 to 02:30, at 15:30 UTC of the 3rd; 5 April
        # 2026 02:00 to 01:30, at 15:00 UTC of the 4th.
        (LORD_HOWE, "22:00–02:10", "2026-10-03 14:00", "2026-10-03 15:30"),
        (LORD_HOWE, "22:00–02:29", "2026-10-03 14:00", "2026-10-03 15:30"),
        (LORD_HOWE, "22:00–02:30", "2026-10-03 14:00", "2026-10-03 15:31"),
        (LORD_HOWE, "22:00–01:45", "2026-04-04 14:35", "2026-04-04 14:46"),
        (LORD_HOWE, "22:00–01:45", "2026-04-04 14:50", None),
        (LORD_HOWE, "22:00–01:45", "2026-04-04 15:05", "2026-04-04 15:16"),
        # Only 02:10 to 02:19 is not quiet, and on this day those minutes are left out: a day later.
        (LORD_HOWE, "02:20–02:09", "2026-10-03 14:00", "2026-10-04 15:10"),
    ],
)
def test_days_when_clocks_change(zone: ZoneInfo, hours: str, moment: str, until: str | None) -> None:
    assert quiet(hours).held_until(at(moment), zone) == (until and at(until))


CLOCKS = st.times().map(lambda clock: clock.strftime("%H:%M"))
ZONES = st.sampled_from([WARSAW, NEW_YORK, LORD_HOWE, UTC_ZONE, ZoneInfo("Asia/Kathmandu")])
MOMENTS = st.integers(0, 3 * 365 * 24 * 3600).map(
    lambda seconds: at("2025-01-01") + timedelta(seconds=seconds)
)
CHANGES = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(
        [at("2026-03-29 01:00"), at("2026-10-25 01:00"), at("2026-11-01 06:00"), at("2026-10-03 15:30")]
    ),
    st.integers(-24 * 60, 24 * 60),
)


@given(CLOCKS, CLOCKS, st.one_of(MOMENTS, CHANGES), ZONES)
@example("22:00", "02:30", at("2026-03-29 00:30"), WARSAW)
@settings(deadline=None, max_examples=400)
def test_held_until_a_minute_that_is_not_quiet(
    start: str, stop: str, moment: datetime, zone: ZoneInfo
) -> None:
    try:
        hours = parse_quiet_hours(start, stop)
    except InvalidParam:
        assume(False)
    assert hours is not None
    until = hours.held_until(moment, zone)
    assert (until is not None) == hours.include(moment.astimezone(zone).time())
    if until:
        assert moment < until <= moment + timedelta(hours=49)
        assert until.second == until.microsecond == 0
        assert not hours.include(until.astimezone(zone).time())
        assert hours.include((until - timedelta(seconds=1)).astimezone(zone).time())


def test_not_set() -> None:
    assert parse_quiet_hours("", "") is None


def test_midnight_is_a_time() -> None:
    assert parse_quiet_hours("00:00", "23:58") == QuietHours(time(0, 0), time(23, 58))


@pytest.mark.parametrize(
    ("start", "stop", "says"),
    [
        ("21:30", "", "both a start and an end"),
        ("", "09:30", "both a start and an end"),
        ("09:30", "09:30", "same minute"),
        ("09:31", "09:30", "whole day"),
        ("00:00", "23:59", "whole day"),
        ("24:00", "09:30", "00:00 to 23:59"),
        ("21:60", "09:30", "00:00 to 23:59"),
        ("9:30", "21:30", "00:00 to 23:59"),
        ("21:30:00", "09:30", "00:00 to 23:59"),
        ("21.30", "09:30", "00:00 to 23:59"),
        ("٢١:٣٠", "09:30", "00:00 to 23:59"),
        ("21:30\n", "09:30", "00:00 to 23:59"),
        ("09:30 PM", "09:30", "00:00 to 23:59"),
    ],
)
def test_bad_ones_say_what_is_allowed(start: str, stop: str, says: str) -> None:
    with pytest.raises(InvalidParam, match=says) as caught:
        parse_quiet_hours(start, stop, "sms.quietHours")
    assert caught.value.param == "sms.quietHours"
