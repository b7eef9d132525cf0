"""The settings as they are in effect, told when a server starts, without what opens anything."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import ParseResult

from django.core import checks

from config.logging import redacted

logger = logging.getLogger(__name__)

# Of these the log says only whether they are there.
SECRET = re.compile(r"SECRET|PASSWORD$|TOKEN|_KEYS?$")


def told(name: str, value: Any) -> Any:
    """Return what the log says of a setting."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET.search(name):
        return "set" if value else "not set"
    if isinstance(value, ParseResult):  # an address that the library has read
        value = value.geturl()
    if isinstance(value, list | tuple):
        return [told(name, item) for item in value]
    return redacted(_without_credentials(str(value)))


def _without_credentials(text: str) -> str:
    """Return an address (RFC 3986) without user, password and query: each may hold what opens the other end."""
    scheme, divider, rest = text.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}" if divider else text


def announce(read: Mapping[str, Any], write: Callable[[str], object]) -> None:
    """Write one line of all settings, and log each warning that `manage.py check --deploy` has about them."""
    line = {
        "event": "the server starts",
        "level": "info",
        "logger": __name__,
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "settings": {name: told(name, value) for name, value in sorted(read.items())},
    }
    write(f"{json.dumps(line, ensure_ascii=False)}\n")
    for message in checks.run_checks(include_deployment_checks=True):
        if not message.is_silenced():
            logger.warning("%s: %s", message.id, " ".join(message.msg.split()))
