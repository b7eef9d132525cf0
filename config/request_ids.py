"""The ID that each request has, by which its answer, its line in the log and what was refused are found."""

import random
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from applications.authentication.transport import believe_proxies_alone
from applications.observed import PROVEN, REQUEST_ID

type View = Callable[[HttpRequest], HttpResponse]


def enter(request: HttpRequest) -> None:
    """Give the request its ID, and drop headers that only a trusted proxy may set."""
    believe_proxies_alone(request)
    request.request_id = request.META[REQUEST_ID] = _new_id()  # type: ignore[attr-defined]  # read by every edge


def _new_id() -> str:
    """Return a random UUID of version 4 (RFC 9562 section 5.4)."""
    # It need not be secret, so it comes from `random`, which needs no system call.
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def request_ids(get_response: View) -> View:
    """Return the middleware that gives requests for pages an ID, as requests of the API have one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        enter(request)
        response = get_response(request)
        _note_person(request)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def _note_person(request: HttpRequest) -> None:
    """Note who is signed in, where the page has read the session: reading it here could be one more query.

    Static files are answered ahead of sessions, which keep what was read in `_session_cache`.
    """
    read = getattr(getattr(request, "session", None), "_session_cache", {})
    if user := read.get(SESSION_KEY):
        request.META[PROVEN] = ("user_id", user)
