"""The sidebar of pages that belong to no account: those of the person, and those that say what went wrong.

They show the account that their address names, or else the one used last, so that nobody loses the way.
"""

import re
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from applications.models import Membership, User
from applications.panel.navigation import surroundings

PANEL = "/panel/"
OF_PERSON = "/panel/you/"
ACCOUNT = re.compile(r"/panel/(\d{1,18})/")  # as many digits as every database takes for a key
NAMES = ("account", "membership", "accounts", "navigation")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates what the sidebar needs (a context processor); a query only where a template asks for it."""
    if not request.path.startswith(PANEL):
        return {}
    return {name: SimpleLazyObject(partial(_part, request, name)) for name in NAMES}


def is_framed(request: HttpRequest) -> bool:
    """Whether the page has a sidebar: for a member who is signed in, under /panel/."""
    return request.path.startswith(PANEL) and bool(frame_of(request))


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the sidebar needs; nothing for a visitor, or a person who is in no account. One query a request."""
    found: dict[str, Any] | None = getattr(request, "frame", None)
    if found is None:
        found = _find(request)
        request.frame = found  # type: ignore[attr-defined]  # kept for the other names
    return found


def account_in(path: str) -> int | None:
    """Return the number of the account that an address of the panel names."""
    match = ACCOUNT.match(path)
    return int(match[1]) if match else None


def _part(request: HttpRequest, name: str) -> Any:
    return frame_of(request).get(name, "")


def _find(request: HttpRequest) -> dict[str, Any]:
    if not isinstance(user := getattr(request, "user", None), User):  # which an early refusal does not have
        return {}
    memberships = list(Membership.objects.of_person(user))
    if not memberships:
        return {}
    named = account_in(request.path)
    chosen = next((each for each in memberships if each.account_id == named), memberships[0])
    current = "mfa_index" if request.path.startswith(OF_PERSON) else ""
    return surroundings(chosen, memberships, current)
