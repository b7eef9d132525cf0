"""Whether the password or a second factor was given of late, and asking for it (security.md 15).

Who has just signed in has given it, so one rule holds everywhere: in the panel, on the sign-in library's own pages
(`AccountAdapter.is_reauthentication_required`) and on the operator's site.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Where allauth keeps a posted form until it is confirmed. It has no public name for that;
# tests/panel/test_stale_sessions.py fails when this one is no longer right.
POSTED = "account_reauthentication_state"
ACTS = "acts_to_confirm"  # what the person is asked for: address → words and name
MOST_ACTS = 5  # several tabs may ask at once

type View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Act:
    """What is about to be done, in words ("Reset the secret of {name}"), and the name of what it is done to."""

    words: str | Promise
    name: str = ""


def is_recent(request: HttpRequest) -> bool:
    """Whether this person has signed in, or confirmed who they are, within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    timeout: int = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT  # seconds
    records = get_authentication_records(request, request.user)
    return any(time.time() - record["at"] < timeout for record in records)


def ask_to_confirm(request: HttpRequest, act: Act) -> NoReturn:
    """Ask, by raising what allauth's middleware answers; then what was posted is done, or the page is shown."""
    if request.method != "POST":
        # An earlier form that was not confirmed must not be sent because a page is opened now.
        request.session.pop(POSTED, None)
    remember_act(request, request.path, act)
    raise ReauthenticationRequired


def remember_act(request: HttpRequest, address: str, act: Act) -> None:
    """Let the page that asks, on its way to `address`, name the act."""
    others = {path: said for path, said in request.session.get(ACTS, {}).items() if path != address}
    asked = [*others.items(), (address, [str(act.words), act.name])]
    request.session[ACTS] = dict(asked[-MOST_ACTS:])


def act_to_confirm(request: HttpRequest, address: str | None) -> SafeString | str:
    """Return, for the page that asks, what is done at `address` after it; "" where nothing was asked for there."""
    path = (address or "").partition("?")[0]
    words, name = request.session.get(ACTS, {}).get(path, ("", ""))
    return format_html(words, name=format_html("<bdi>{}</bdi>", name)) if words else ""


def confirmed(words: str | Promise) -> Callable[[View], View]:
    """Let only who has confirmed of late call a view of the person's own; `words` name the act."""

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_recent(request):
                ask_to_confirm(request, Act(words))
            return view(request, *args, **kwargs)

        return checked

    return decorate
