"""What people see of requests that Django refuses itself, and of those that failed.

A member who is signed in stays in the panel; a visitor gets a plain page that leads to sign-in.
"""

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

from applications.models import Membership
from applications.panel.frame import account_in, is_framed
from applications.panel.navigation import navigation_of, surroundings
from applications.panel.sent_forms import sent_form, wanted_page, way_back

RETRY = "5"  # seconds
FRAMED, PLAIN = "panel.html", "entry.html"


@never_cache
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that something was too long, where it was that; else that the request was not understood."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", {"request_id": _request_id(request)}, status=413)
    return render(request, "400.html", {"request_id": _request_id(request)}, status=400)


@never_cache
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the role does not allow it."""
    return _problem(request, "403.html", 403)


@never_cache
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing, or nothing of theirs."""
    return _problem(request, "404.html", 404)


@never_cache
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was not taken, and offer to send it again; a person must press the button.

    Only to a member who is signed in, and only what a page of this server has sent (panel/sent_forms.py).
    """
    return _problem(request, "403_csrf.html", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database did not answer, wherever that was met (sessions, for one); else 500.

    Drawn without the request: what the context processors add to a page may ask the database again.
    """
    context: dict[str, Any] = {"request_id": _request_id(request), "theme": request.COOKIES.get("theme", "")}
    if isinstance(sys.exc_info()[1], InterfaceError | OperationalError):
        context |= _known_frame(request)
        if request.method == "GET":
            context["again"] = request.get_full_path()
        return _never_kept(render_to_string("503.html", context), 503, {"Retry-After": RETRY})
    return _never_kept(render_to_string("500.html", context), 500, {})


def _never_kept(page: str, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store", **headers})


def _problem(request: HttpRequest, template: str, status: int) -> HttpResponse:
    framed = is_framed(request)
    context = {
        "shell": FRAMED if framed else PLAIN,
        "framed": framed,
        "request_id": _request_id(request),
        "back": way_back(request),
        "next": wanted_page(request),
        "sent": sent_form(request) if request.path.startswith("/panel/") else None,
    }
    return render(request, template, context, status=status)


def _known_frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the sidebar shows when the database cannot be asked.

    All that was found before it stopped; else the menu of the account in the address, for a browser that has a session.
    """
    membership: Membership | None = getattr(request, "membership", None)
    if membership is not None:
        return {"shell": FRAMED, "framed": True, **surroundings(membership, [membership], "")}
    account = account_in(request.path)
    if account is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return {}
    return {"shell": FRAMED, "framed": True, "navigation": navigation_of(account, "")}


def _request_id(request: HttpRequest) -> str:
    """The ID that is in the log and in X-Request-Id."""
    return getattr(request, "request_id", "")
