"""Whether the password or a second factor was given of late, and asking for it (security.md 15)."""

import time
from typing import NoReturn

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest

# Where allauth keeps a posted form until it is confirmed. It has no public name for that;
# tests/panel/test_stale_sessions.py fails when this one is no longer right.
POSTED = "account_reauthentication_state"


def is_recent(request: HttpRequest) -> bool:
    """Whether this person has signed in, or confirmed who they are, within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return any(map(_is_fresh, get_authentication_records(request, request.user)))


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this person has confirmed who they are within that time; having signed in is not enough."""
    records = get_authentication_records(request, request.user)
    return any(_is_fresh(record) for record in records if record.get("reauthenticated"))


def ask_to_confirm(request: HttpRequest) -> NoReturn:
    """Ask, by raising what allauth's middleware answers; then what was posted is done, or the page is shown."""
    if request.method != "POST":
        # An earlier form that was not confirmed must not be sent because a page is opened now.
        request.session.pop(POSTED, None)
    raise ReauthenticationRequired


def _is_fresh(record: dict[str, float]) -> bool:
    timeout: int = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT  # seconds
    return time.time() - record["at"] < timeout
