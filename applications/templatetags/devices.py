"""Filters that tell people their sessions apart: which browser, on what."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# The first mark found in a User-Agent wins: Edge and Opera say that they are Chrome, Chrome that it is Safari.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
ICONS = {"iPhone": "smartphone", "Android": "smartphone", "macOS": "laptop", "ChromeOS": "laptop"}


def _first(marks: dict[str, str], user_agent: str) -> str:
    return next((name for mark, name in marks.items() if mark in user_agent), "")


@register.filter
def device(user_agent: str) -> str:
    """Name what a User-Agent header names: "Firefox on Windows"."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


@register.filter
def device_icon(user_agent: str) -> str:
    """The icon for the device that a User-Agent header names."""
    return ICONS.get(_first(SYSTEMS, user_agent), "monitor")
