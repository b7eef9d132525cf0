"""Held or not, and until when: by the wall clock, to the second, also when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applications.errors import InvalidParam
from applications.rules.quiet_hours import QuietHours, is_half_typed, parse_quiet_hours, read_clock

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
        (WARSAW, "02:30–09:00", "2026-10-25 00:45", "2026-10-25 01:00"),  # back to 02:00, which is not quiet
        # Nearly all day: the only minutes that are not quiet come in the hour that comes twice.
        (WARSAW, "02:45–02:15", "2027-10-31 00:50", "2027-10-31 01:16"),
        (WARSAW, "02:45–02:15", "2027-10-31 00:10", "2027-10-31 00:16"),
        (WARSAW, "02:45–01:50", "2027-10-31 00:50", "2027-10-31 01:00"),
        (WARSAW, "03:00–01:59", "2027-03-28 00:30", "2027-03-29 00:00"),  # they are left out
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


def first_minute_not_quiet(hours: QuietHours, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Look at the clock minute by minute."""
    minute = moment
    while hours.include(minute.astimezone(zone).time()):
        minute = (minute + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return None if minute == moment else minute


# The next changes of each zone: Warsaw and New York by an hour, Lord Howe by half of one, Casablanca for Ramadan,
# Troll by two hours, Chatham at a quarter to; Kathmandu never.
CHANGES = [
    ("Europe/Warsaw", "2027-03-28 01:00"),
    ("Europe/Warsaw", "2027-10-31 01:00"),
    ("America/New_York", "2027-03-14 07:00"),
    ("America/New_York", "2027-11-07 06:00"),
    ("Australia/Lord_Howe", "2027-04-03 15:00"),
    ("Australia/Lord_Howe", "2027-10-02 15:30"),
    ("Africa/Casablanca", "2027-02-07 02:00"),
    ("Africa/Casablanca", "2027-03-14 02:00"),
    ("Antarctica/Troll", "2027-03-28 01:00"),
    ("Antarctica/Troll", "2027-10-31 01:00"),
    ("Pacific/Chatham", "2027-04-03 14:00"),
    ("America/St_Johns", "2027-11-07 04:30"),
    ("Asia/Kathmandu", "2027-01-01 00:00"),
]
DAY = 24 * 60


@given(
    change=st.sampled_from(CHANGES),
    seconds=st.integers(-26 * 3600, 4 * 3600),
    start=st.one_of(st.integers(0, DAY - 1), st.integers(-150, 150)),
    awake=st.one_of(st.integers(1, 90), st.integers(1, DAY - 2)),
)
@settings(deadline=None, max_examples=600)
def test_held_until_the_first_minute_that_is_not_quiet(
    change: tuple[str, str], seconds: int, start: int, awake: int
) -> None:
    zone, instant = ZoneInfo(change[0]), at(change[1])
    local = instant.astimezone(zone)
    first = local.hour * 60 + local.minute + start  # around the change, or anywhere
    hours = quiet(f"{clock(first)}–{clock(first - awake - 1)}")
    moment = instant + timedelta(seconds=seconds)
    assert hours.held_until(moment, zone) == first_minute_not_quiet(hours, moment, zone)


def test_the_changes_are_such() -> None:
    for name, instant in CHANGES[:-1]:
        before, after = (at(instant) + timedelta(minutes=minutes) for minutes in (-1, 0))
        zone = ZoneInfo(name)
        assert before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset(), name


def clock(minutes: int) -> str:
    return "{:02}:{:02}".format(*divmod(minutes % DAY, 60))


def test_not_set() -> None:
    assert parse_quiet_hours("", "") is None


def test_midnight_is_a_time() -> None:
    assert parse_quiet_hours("00:00", "23:58") == QuietHours(time(0, 0), time(23, 58))


@pytest.mark.parametrize(
    ("start", "stop", "param", "says"),
    [
        ("21:30", "", "stop", "both a start and an end"),
        ("", "09:30", "start", "both a start and an end"),
        ("09:30", "09:30", "stop", "same minute"),
        ("09:31", "09:30", "stop", "whole day"),
        ("00:00", "23:59", "stop", "whole day"),
        ("24:00", "09:30", "start", "00:00 to 23:59"),
        ("09:30", "21:60", "stop", "00:00 to 23:59"),
        ("9:30", "21:30", "start", "00:00 to 23:59"),
        ("21:30", "9:30", "stop", "00:00 to 23:59"),
        ("21:30:00", "09:30", "start", "00:00 to 23:59"),
        ("21.30", "09:30", "start", "00:00 to 23:59"),
        ("٢١:٣٠", "09:30", "start", "00:00 to 23:59"),
        ("21:30\n", "09:30", "start", "00:00 to 23:59"),
        ("09:30 PM", "09:30", "start", "00:00 to 23:59"),
    ],
)
def test_bad_ones_say_what_is_allowed(start: str, stop: str, param: str, says: str) -> None:
    with pytest.raises(InvalidParam, match=says) as caught:
        parse_quiet_hours(start, stop)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9:30", "09:30"),
        ("930", "09:30"),
        ("0930", "09:30"),
        ("9.30", "09:30"),
        ("21:30", "21:30"),
        ("000", "00:00"),
        ("2359", "23:59"),
    ],
)
def test_times_as_people_type_them(typed: str, read: str) -> None:
    assert read_clock(typed, "start") == read


@pytest.mark.parametrize(
    "typed",
    ["24:00", "2400", "9", "21", "9:3", "960", "9:60", "9:30 pm", "٩:٣٠", "9 30", "", "21:30\n", "09::30"],
)
def test_no_times(typed: str) -> None:
    with pytest.raises(InvalidParam, match="from 00:00 to 23:59") as caught:
        read_clock(typed, "start")
    assert caught.value.param == "start"


def test_half_typed_is_what_a_time_begins_with() -> None:
    times = [
        f"{hour}{mark}{minute}"
        for hour in ("9", "09", "21")
        for mark in (":", ".", "")
        for minute in ("30", "59")
    ]
    begun = {time[:size] for time in times for size in range(1, len(time))}
    read = {text for text in begun if is_time(text)}  # 215 is a time, and 2155 begins with it
    assert all(is_half_typed(text) for text in begun - read)
    assert not any(
        is_half_typed(text) for text in ["", "26", "25:", "9:6", "2:60", "21:30", "a", "9:3x", "٩", ":"]
    )


def is_time(text: str) -> bool:
    try:
        return bool(read_clock(text, ""))
    except InvalidParam:
        return False
