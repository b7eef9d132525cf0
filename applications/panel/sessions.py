"""What the list of a person's sessions shows: where they are signed in, the latest use first."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare
from django.utils.timezone import now

from applications.authentication.sessions import MINUTE, SessionStore, is_idle, is_too_old
from applications.models import User

MOST = 100  # sessions shown


@dataclass(frozen=True, slots=True)
class Row:
    """A session as shown."""

    session: UserSession
    is_current: bool


def sessions_of(user: User, current: str | None) -> list[Row]:
    """Return those whose next request would be answered, with the one of this key first: two queries for any number.

    What the library lists may be over: for its age, for its idleness, by a new password.
    """
    since = now() - timedelta(hours=settings.SESSION_IDLE_HOURS, seconds=MINUTE)
    seen = UserSession.objects.filter(user=user, last_seen_at__gte=since).order_by("-last_seen_at", "-pk")
    sessions = list(seen[:MOST])
    alive = set(_alive(user, sessions))
    rows = [Row(entry, entry.session_key == current) for entry in sessions if entry.session_key in alive]
    return sorted(rows, key=lambda row: not row.is_current)


def _alive(user: User, sessions: list[UserSession]) -> Iterator[str]:
    store, moment = SessionStore(), int(time.time())
    keys = [entry.session_key for entry in sessions]
    for stored in Session.objects.filter(session_key__in=keys, expire_date__gt=now()):
        held = store.decode(stored.session_data)
        if _is_of(user, held) and not is_idle(held, moment) and not is_too_old(held, moment):
            yield stored.session_key


def _is_of(user: User, held: Mapping[str, Any]) -> bool:
    """Whether the session is this person's, by the password that they have now."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    mine = held.get(SESSION_KEY) == str(user.pk)
    return mine and any(constant_time_compare(held.get(HASH_SESSION_KEY, ""), each) for each in hashes)
