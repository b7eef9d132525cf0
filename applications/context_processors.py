"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from applications.authentication.passkey_hosts import is_number, offers_passkeys


def theme(request: HttpRequest) -> dict[str, str]:
    """The reader's chosen theme, or an empty text to follow the system."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in ("light", "dark") else ""}


def passkeys(request: HttpRequest) -> dict[str, Any]:
    """Whether passkeys are offered at this address; else the address where they are, if there is one."""
    offered = offers_passkeys(request)
    elsewhere = "" if offered or is_number(settings.PUBLIC_URL) else settings.PUBLIC_URL
    return {"passkeys_offered": offered, "passkeys_at": elsewhere}
