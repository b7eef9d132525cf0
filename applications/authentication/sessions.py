"""Sessions: encrypted at rest, and ended when they were idle for too long or are too old."""

import time
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from applications.rules.sealing import CannotUnseal, seal, unseal

PURPOSE = "latchkey.sessions"
BEGAN, USED, LISTED = "session_began", "session_used", "session_listed"  # seconds since 1970
MINUTE = 60  # seconds: how exactly the last use is kept, so that not every request writes


type Session = SessionBase | dict[str, Any]


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, sealed: the seed of an app that is being set up lies in one for a while.

    Each is stamped when it is saved, so that its age costs no further write.
    """

    def encode(self, session_dict: dict[str, Any]) -> str:
        moment = int(time.time())
        stamped = {BEGAN: moment, **session_dict, USED: moment}
        return seal(super().encode(stamped), keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what was kept; with a key that is gone the session is over."""
        try:
            return super().decode(unseal(str(session_data), keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE))
        except CannotUnseal:
            return {}

    def cycle_key(self) -> None:
        """Begin anew, as signing in does: the visit before it does not count, and the library lists it itself."""
        super().cycle_key()
        self.pop(BEGAN, None)
        self[LISTED] = int(time.time())


def end_old_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware: beyond SESSION_IDLE_HOURS or SESSION_ABSOLUTE_DAYS a session is over."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _check(request, int(time.time()))
        return get_response(request)

    return middleware


def _check(request: HttpRequest, moment: int) -> None:
    if is_idle(request.session, moment):
        _end(
            request,
            _("You were signed out, because nothing was done here for a while. Sign in again to go on."),
        )
    elif is_too_old(request.session, moment):
        _end(
            request,
            _("You were signed out, because it was long ago that you signed in. Sign in again to go on."),
        )
    elif moment - request.session.get(LISTED, 0) >= MINUTE:
        UserSession.objects.create_from_request(
            request
        )  # address, browser and "last seen" in the person's list
        request.session[LISTED] = moment


def is_idle(session: Session, moment: int) -> bool:
    """Whether nothing was done in it for so long that its next request ends it."""
    return bool(moment - session.get(USED, moment) >= settings.SESSION_IDLE_HOURS * 3600)


def is_too_old(session: Session, moment: int) -> bool:
    """Whether it began so long ago that its next request ends it."""
    return bool(moment - session.get(BEGAN, moment) >= settings.SESSION_ABSOLUTE_DAYS * 86400)


def _end(request: HttpRequest, words: str) -> None:
    logout(request)
    messages.info(request, words)
