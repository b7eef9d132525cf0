"""Browsers that a person has signed in with before. They are not slowed down by the failures of other browsers."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from applications.models import User

COOKIE = "latchkey_device"
SALT = "latchkey.device"
LIFE = timedelta(days=180)
MAX_PEOPLE = 5  # people who share a browser

type Known = dict[str, list[str]]  # key of a user → name of the device, proof


def device_of(request: HttpRequest, email: str) -> str | None:
    """Return the name of this browser where the person of `email` has signed in with it, else None.

    A new password makes every browser a stranger. Asks the database only for people whom the signed cookie names,
    so that the time of the answer says nothing about who has an account.
    """
    known = _read(request)
    for user in User.objects.filter(pk__in=known, email=email.strip().lower()):
        name, proof = known[str(user.pk)]
        if any(constant_time_compare(proof, _proof(user, name, key)) for key in _keys()):
            return name
    return None


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Mark this browser as known under a new name. Its count of failures starts at zero."""
    known = {pk: entry for pk, entry in _read(request).items() if pk != str(user.pk)}
    name = secrets.token_urlsafe(12)
    latest = dict(
        [*known.items(), (str(user.pk), [name, _proof(user, name, settings.SECRET_KEY)])][-MAX_PEOPLE:]
    )
    response.set_cookie(
        COOKIE,
        signing.dumps(latest, salt=SALT),
        max_age=LIFE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> Known:
    try:
        found: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, Mapping) else {}  # type: ignore[return-value]  # signed by us, so of our shape


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _proof(user: User, name: str, key: str) -> str:
    """Bound to the password's hash, so that it ends with the password, and to the name."""
    return salted_hmac(SALT, f"{user.pk}:{name}:{user.password}", key, algorithm="sha256").hexdigest()
