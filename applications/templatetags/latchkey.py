"""Tags and filters of the panel's templates: icons, lock pins, short IDs, times in words, figures."""

import datetime
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django import template
from django.contrib.auth import password_validation
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm, BoundField, Field
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
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


# --- Pictures ------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw the icon `name` of static/icons.svg, hidden from screen readers; `size` "lg" is 20 px, else 16."""
    css = "icon icon-lg" if size == "lg" else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', css, static("icons.svg"), name
    )


@register.simple_tag
def pins(application_id: str, enabled: bool = True, size: str = "") -> SafeString:
    """Draw five lock pins from the first five bytes of an application's ID: the same ID, the same picture."""
    heights = [byte % 6 for byte in bytes.fromhex(application_id[:10])]
    upper = "".join(f"M{4.5 + 5 * place} 6v{2.9 + 2.2 * height:.1f}" for place, height in enumerate(heights))
    lower = "".join(
        f"M{4.5 + 5 * place} {12.1 + 2.2 * height:.1f}V26" for place, height in enumerate(heights)
    )
    css = " ".join(["pins", *(["pins-lg"] if size == "lg" else []), *([] if enabled else ["off"])])
    return format_html(
        '<span class="{}"><svg viewBox="0 0 29 32" fill="none" stroke="currentColor" stroke-width="3"'
        ' stroke-linecap="round" aria-hidden="true"><path class="rest" d="{}"/><path d="{}"/></svg></span>',
        css,
        upper,
        lower,
    )


# --- Values --------------------------------------------------------------------------------------


@register.filter
def short_id(value: str) -> str:
    """Shorten 40 characters to the first and last eight."""
    return f"{value[:8]}…{value[-8:]}" if len(value) > 17 else value


@register.filter
def half(value: str, which: int) -> str:
    """The first (1) or second (2) 20 characters of a value, so that a long one may break between them."""
    return value[:20] if which == 1 else value[20:]


@register.filter
def number(value: int) -> str:
    """Write a figure with the separators of the reader's language: 1,204."""
    return number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def lookup(mapping: Mapping[Any, Any] | None, key: object) -> Any:
    """What `mapping` holds for `key`, or an empty text."""
    return (mapping or {}).get(key, (mapping or {}).get(str(key), ""))


@register.filter
def initials(person: object) -> str:
    """Two letters for a person's picture: Elena Kowalczyk gives EK, an address its first two."""
    words = str(person).split("@")[0].replace(".", " ").split()
    return ("".join(word[0] for word in words[:2]) if len(words) > 1 else str(person)[:2]).upper()


# --- Fields --------------------------------------------------------------------------------------


@register.simple_tag
def control(field: BoundField, css: str = "", help: str = "", bare: bool = False) -> SafeString:
    """Draw the field's widget in the panel's hand, tied to its help and its errors by aria-describedby.

    The texts themselves, with these ids, come from components/field.html. `bare` leaves out a placeholder
    that only repeats the label, as those of the sign-in library do.
    """
    texts = [*(["helptext"] if help or field.help_text else []), *(["error"] if field.errors else [])]
    attributes: dict[str, Any] = {"class": f"input {css}".strip()}
    if texts:
        attributes["aria-describedby"] = " ".join(f"{field.auto_id}_{text}" for text in texts)
    if bare:
        attributes["placeholder"] = False  # a widget leaves out what is False
    return field.as_widget(attrs=attributes)


@register.simple_tag
def error_line(field: BoundField, error: str) -> str:
    """An error as it stands in the summary, away from its field: "Name: This field is required."

    Only the framework's own words need the label before them; ours name what they mean.
    """
    return f"{field.label}: {error}" if error in Field.default_error_messages.values() else error


@register.filter
def has_error(form: BaseForm, code: str) -> bool:
    """Whether the form as a whole was refused with the error `code`."""
    return form.has_error(NON_FIELD_ERRORS, code)


@register.simple_tag
def password_help() -> str:
    """What a new password must be, in the words of the validators in force."""
    return " ".join(password_validation.password_validators_help_texts())


# --- Times ---------------------------------------------------------------------------------------


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
    local, now = value.astimezone(_zone(context)), timezone.now().astimezone(_zone(context))
    return _element(local, _ahead(local, now) if local > now else _since(local, now))


@register.simple_tag(takes_context=True)
def moment(context: template.Context, value: datetime.datetime) -> SafeString:
    """The time of day, with its day unless that is today: "15:32", "tomorrow, 14:32", "1 December, 14:32"."""
    local, now = value.astimezone(_zone(context)), timezone.now().astimezone(_zone(context))
    near = {0: "%(clock)s", 1: _("tomorrow, %(clock)s"), -1: _("yesterday, %(clock)s")}
    words = near.get((local.date() - now.date()).days, "%(date)s, %(clock)s")
    return _element(local, words % {"clock": local.strftime("%H:%M"), "date": _date(local, now.date())})


def _since(local: datetime.datetime, now: datetime.datetime) -> str:
    seconds, days = int((now - local).total_seconds()), (now.date() - local.date()).days
    if seconds < MINUTE:
        return _("Just now")
    if seconds < HOUR or days == 0:
        return _count(seconds, PAST)
    return _("Yesterday") if days == 1 else _date(local, now.date())


def _ahead(local: datetime.datetime, now: datetime.datetime) -> str:
    seconds = int((local - now).total_seconds())
    if seconds < MINUTE:
        return _("in under a minute")
    # A minute more, so that a token issued a moment ago for a day expires "in 24 hours"
    return _count(seconds + MINUTE, FUTURE) or _date(local, now.date())
