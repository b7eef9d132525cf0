"""Quiet hours: when a message is held, and until when.

They are read off the wall clock at the destination, in whole minutes. Both ends belong to them, so
21:30–09:30 holds what comes from 21:30:00 to 09:30:59 and lets it go at 09:31:00. A held message goes in
the first minute that does not read as quiet, also on days when the clocks change:

- the end falls into the hour that is left out: held until the clocks jump;
- an hour that comes twice is quiet, or not, both times; what is held goes as soon as it is not.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_TYPED: Final = re.compile(r"([01]?[0-9]|2[0-3])[:.]?([0-5][0-9])")
_HALF_TYPED: Final = re.compile(r"([01]?[0-9]|2[0-3])[:.]?[0-5]?")
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A stretch of the day in whole minutes, both included; `start` after `stop` crosses midnight."""

    start: time
    stop: time

    def include(self, clock: time) -> bool:
        """Whether the wall clock reading `clock` belongs to the quiet hours."""
        minute = clock.replace(second=0, microsecond=0, tzinfo=None, fold=0)
        if self.start <= self.stop:
            return self.start <= minute <= self.stop
        return minute >= self.start or minute <= self.stop

    def held_until(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when a message of `moment` goes, in UTC, or None when it goes at once.

        `moment` is aware of its time zone; `zone` is the destination's.
        """
        now = moment.astimezone(UTC)
        clock = now.astimezone(zone).time()
        if not self.include(clock):
            return None
        end = now + self._left(clock)
        if (change := _change_of_clocks(now, end, zone)) is None:
            return end
        return self.held_until(change, zone) or change

    def _left(self, clock: time) -> timedelta:
        """Return how long after the quiet `clock` their last minute is over, on a clock that runs evenly."""
        past_midnight = timedelta(
            hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond
        )
        over = timedelta(hours=self.stop.hour, minutes=self.stop.minute) + _MINUTE
        return (over - past_midnight) % timedelta(days=1)


def read_clock(typed: str, param: str) -> str:
    """Return a time of day as "HH:MM"; people write it 9:30, 09.30 or 930, too.

    Raises InvalidParam with a sentence that says what is allowed.
    """
    if (match := _TYPED.fullmatch(typed)) is None:
        raise InvalidParam(param, _("A time of day is from 00:00 to 23:59, such as 21:30."))
    return f"{match[1]:0>2}:{match[2]}"


def is_clock(written: str) -> bool:
    """Whether `written` is a time of day exactly as it is stored, "HH:MM"."""
    return _CLOCK.fullmatch(written) is not None


def is_half_typed(typed: str) -> bool:
    """Whether `typed` can be the beginning of a time of day, such as "21:"."""
    return _HALF_TYPED.fullmatch(typed) is not None


def parse_quiet_hours(start: str, stop: str) -> QuietHours | None:
    """Return the quiet hours from `start` to `stop`, both "HH:MM"; None when both are empty.

    Raises InvalidParam with a sentence that says what is allowed; its `param` is "start" or "stop". Of a pair
    that does not go together the end is named.
    """
    if not start and not stop:
        return None
    for param, written in (("start", start), ("stop", stop)):
        if not written:
            raise InvalidParam(param, _("Quiet hours need both a start and an end, or neither."))
        if not is_clock(written):
            raise InvalidParam(param, _("Quiet hours are times from 00:00 to 23:59, such as 21:30 to 09:30."))
    if start == stop:
        raise InvalidParam("stop", _("Quiet hours cannot start and end at the same minute."))
    quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(stop))
    if quiet.include(_minute_after(quiet.stop)):
        raise InvalidParam("stop", _("Quiet hours cannot last the whole day: no message would ever go."))
    return quiet


def _minute_after(clock: time) -> time:
    return time(*divmod((clock.hour * 60 + clock.minute + 1) % (24 * 60), 60))


def _change_of_clocks(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the clocks of `zone` change between `start` and `end`, at most a day later; None if they do not.

    Clocks change on a full minute.
    """
    first = start.replace(second=0, microsecond=0)
    before = _offset(first, zone)
    if _offset(end, zone) == before:
        return None
    minutes = range((end - first) // _MINUTE + 1)
    changed = bisect_left(minutes, True, key=lambda minute: _offset(first + minute * _MINUTE, zone) != before)
    return first + changed * _MINUTE


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
