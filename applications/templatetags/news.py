"""Filters of the mails that tell people what was done: facts of the audit log in words."""

from datetime import UTC

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from applications.models.memberships import Role

register = template.Library()

MOST_HINTS = 20


@register.filter
def exact(moment: str) -> str:
    """A time of the audit log (ISO 8601) in the current time zone: "26 November 2026, 14:32"."""
    found = parse_datetime(moment)
    return date_format(localtime(found.astimezone(UTC)), "j F Y, H:i") if found else moment


@register.filter
def ending(hint: str) -> str:
    """A secret by its last characters, as it follows a word: ", ending in 2bce,"; nothing without any."""
    return _(", ending in {hint},").format(hint=hint) if hint else ""


@register.filter
def hints(found: list[str]) -> str:
    """The last characters of credentials, of which there may be very many."""
    shown, more = ", ".join(found[:MOST_HINTS]), len(found) - MOST_HINTS
    return _("{hints} and {number} more").format(hints=shown, number=more) if more > 0 else shown


@register.filter
def role(value: str) -> str:
    """A role in words."""
    return str(Role(value).label) if value in Role.values else value
