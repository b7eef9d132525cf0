"""Tags that write a time in words, in the account's time zone."""

import datetime
import zoneinfo

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy, pgettext

register = template.Library()


MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds

# Up to how many seconds, counted in which unit, said how
type Step = tuple[int, int, Promise]
PAST: list[Step] = [
    (HOUR, MINUTE, ngettext_lazy("%(count)d minute ago", "%(count)d minutes ago", "count")),
    (DAY, HOUR, ngettext_lazy("%(count)d hour ago", "%(count)d hours ago", "count")),
]
FUTURE: list[Step] = [
    (HOUR, MINUTE, ngettext_lazy("in %(count)d minute", "in %(count)d minutes", "count")),
    (2 * DAY, HOUR, ngettext_lazy("in %(count)d hour", "in %(count)d hours", "count")),
    (31 * DAY, DAY, ngettext_lazy("in %(count)d day", "in %(count)d days", "count")),
]


def _zone(context: template.Context) -> datetime.tzinfo:
    """The account's time zone where the page belongs to one, else the current one."""
    name = getattr(context.get("account"), "timezone", "")
    return zoneinfo.ZoneInfo(name) if name else timezone.get_current_timezone()


def _element(local: datetime.datetime, words: str) -> SafeString:
    """`words` as a <time>, with the exact time and zone on hover."""
    offset = local.strftime("%z")
    hours, minutes = int(offset[:3]), offset[3:5]
    utc = f"UTC{hours:+d}" + ("" if minutes == "00" else f":{minutes}") if local.utcoffset() else "UTC"
    name = local.strftime("%Z")
    title = f"{local:%Y-%m-%d %H:%M:%S} " + (utc if name in (utc, offset[:3], offset) else f"{name} ({utc})")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat("T", "seconds"), title, words
    )


def _date(local: datetime.datetime, today: datetime.date) -> str:
    """3 October, with the year when it is another one."""
    if local.year == today.year:
        return format_date(local, pgettext("day of this year", "j F"))
    return format_date(local, pgettext("day of another year", "j F Y"))


def _count(seconds: int, steps: list[Step]) -> str:
    """`seconds` in the first unit whose reach it stays below, rounded down, or "" beyond the last."""
    for reach, unit, words in steps:
        if seconds < reach:
            return str(words % {"count": seconds // unit})
    return ""


@register.simple_tag(takes_context=True)
def ago(context: template.Context, value: datetime.datetime | None, never: str = "") -> SafeString | str:
    """How long ago or how far ahead `value` is, in words and the account's time zone; None reads "Never"."""
    if value is None:
        return never or _("Never")
    now = timezone.now()
    # Before both are in one zone: there Python subtracts what the clocks show, an hour off where they are changed.
    seconds = (value - now).total_seconds()
    local, now = value.astimezone(_zone(context)), now.astimezone(_zone(context))
    words = _ahead(int(seconds), local, now) if seconds > 0 else _since(int(-seconds), local, now)
    return _element(local, words)


@register.simple_tag(takes_context=True)
def moment(context: template.Context, value: datetime.datetime, says_today: bool = False) -> SafeString:
    """The time of day, with its day unless that is today: "15:32", "tomorrow, 14:32", "1 December, 14:32".

    says_today: "today, 15:32", for the end of a sentence.
    """
    local, now = value.astimezone(_zone(context)), timezone.now().astimezone(_zone(context))
    today = _("today, %(clock)s") if says_today else "%(clock)s"
    near = {0: today, 1: _("tomorrow, %(clock)s"), -1: _("yesterday, %(clock)s")}
    words = near.get((local.date() - now.date()).days, "%(date)s, %(clock)s")
    return _element(local, words % {"clock": local.strftime("%H:%M"), "date": _date(local, now.date())})


def _since(seconds: int, local: datetime.datetime, now: datetime.datetime) -> str:
    days = (now.date() - local.date()).days
    if seconds < MINUTE:
        return _("Just now")
    if seconds < HOUR or days == 0:
        return _count(seconds, PAST)
    return _("Yesterday") if days == 1 else _date(local, now.date())


def _ahead(seconds: int, local: datetime.datetime, now: datetime.datetime) -> str:
    if seconds < MINUTE:
        return _("in under a minute")
    # A minute more, so that a token issued a moment ago for a day expires "in 24 hours"
    return _count(seconds + MINUTE, FUTURE) or _date(local, now.date())
