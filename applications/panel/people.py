"""Pages of a person's own, outside any account: who asks, and for what the audit log has of it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from applications.authentication.address import client_address
from applications.errors import AccessDenied, NotFound
from applications.models import User
from applications.models.audit import ActorKind
from applications.operations.actors import Actor

type View = Callable[..., HttpResponse]


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    request_id: str


def person(view: View) -> View:
    """Let whoever is signed in call a view about themselves; 403 or 404 where an operation refuses it."""

    @login_required
    @wraps(view)
    def checked(request: Any, **address: Any) -> HttpResponse:
        try:
            return view(request, **address)
        except AccessDenied as error:  # another session changed the email a moment ago
            raise PermissionDenied from error
        except NotFound as error:
            raise Http404 from error

    return checked


def acting(request: HttpRequest, email: str) -> Actor:
    """Return the person of this email as who makes the change."""
    request_id: str = request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    return Actor(ActorKind.USER, email, str(client_address(request)), request_id)
