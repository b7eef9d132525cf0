"""Quiet hours: when a message is held, and until when.

They are read off the wall clock at the destination, in whole minutes. Both ends belong to them, so
21:30–09:30 holds what comes from 21:30:00 to 09:30:59 and lets it go at 09:31:00. On days when the
clocks change:

- the end falls into the hour that is left out: held until the clocks jump;
- the end comes twice: held until the first of them that is still ahead;
- an hour that comes twice is quiet, or not, both times.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
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
        local = moment.astimezone(zone)
        if not self.include(local.time()):
            return None
        release = _first_at(self._end_after(local), moment, zone)
        return self.held_until(release, zone) or release

    def _end_after(self, local: datetime) -> datetime:
        """Return the wall clock reading, naive, of the minute after the end that follows `local`."""
        over_midnight = local.time() > self.stop.replace(second=59, microsecond=999_999)
        day = local.date() + timedelta(days=over_midnight)
        return datetime.combine(day, self.stop) + _MINUTE


def parse_quiet_hours(start: str, stop: str, param: str = "quietHours") -> QuietHours | None:
    """Return the quiet hours from `start` to `stop`, both "HH:MM"; None when both are empty.

    Raises InvalidParam with a sentence that says what is allowed.
    """
    if not start and not stop:
        return None
    if not start or not stop:
        raise InvalidParam(param, _("Quiet hours need both a start and an end, or neither."))
    if not (_CLOCK.fullmatch(start) and _CLOCK.fullmatch(stop)):
        raise InvalidParam(param, _("Quiet hours are times from 00:00 to 23:59, such as 21:30 to 09:30."))
    if start == stop:
        raise InvalidParam(param, _("Quiet hours cannot start and end at the same minute."))
    quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(stop))
    if quiet.include(_minute_after(quiet.stop)):
        raise InvalidParam(param, _("Quiet hours cannot last the whole day: no message would ever go."))
    return quiet


def _minute_after(clock: time) -> time:
    return time(*divmod((clock.hour * 60 + clock.minute + 1) % (24 * 60), 60))


def _first_at(reading: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant after `after` at which the wall clock shows `reading`, or has jumped over it."""
    for fold in (0, 1):
        instant = reading.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant > after and instant.astimezone(zone).replace(tzinfo=None) == reading:
            return instant
    return _jump_past(reading, zone)


def _jump_past(reading: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clocks jump over `reading`, which they never show.

    Read with the offset of before the jump (fold=0) it is an instant after it, and the other way round
    (PEP 495), so the jump lies between the two. It is on a full minute.
    """
    early, late = sorted(reading.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    while late - early > _MINUTE:
        middle = early + (late - early) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).replace(tzinfo=None) < reading:
            early = middle
        else:
            late = middle
    return late
