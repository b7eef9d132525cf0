"""Who may see and do what in the panel; every object a view works on is reached through here.

A stranger gets 404, as for something that does not exist; a member without the role 403.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, suspend_request
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from applications.authentication.address import client_address
from applications.models import Account, Application, Membership, User
from applications.models.audit import ActorKind
from applications.operations.actors import Actor
from applications.operations.second_factors import has_second_factor
from applications.rules.credentials import is_credential

type View = Callable[..., HttpResponse]


class PanelRequest(HttpRequest):
    """A request of a member: what `member` has put on it."""

    user: User
    membership: Membership
    account: Account
    application: Application
    request_id: str


def member(*, changes: bool = False, owner: bool = False, secret: bool = False) -> Callable[[View], View]:
    """Let only members of the account in the address call the view.

    Where the account asks its members for a second factor, one without gets a page that says so, and nothing else.
    changes: viewers get 403. owner: admins too. secret: the password or second factor must have been given of
    late; else the member is asked for it, and goes on from there: what was posted is kept in the session until then.
    """

    def decorate(view: View) -> View:
        @never_cache
        @login_required
        @wraps(view)
        def checked(
            request: Any, account_id: int, application_id: str | None = None, **rest: Any
        ) -> HttpResponse:
            _enter(request, account_id, application_id)
            if request.account.requires_second_factor and not has_second_factor(request.user):
                return render(request, "panel/second_factor_needed.html", status=403)
            if changes and not request.membership.may_change:
                raise PermissionDenied
            if owner and not request.membership.may_change_members:
                raise PermissionDenied
            if secret and asks_again(request):
                return ask_again(request)
            with timezone.override(request.account.timezone):
                return view(request, **rest)

        return checked

    return decorate


def _enter(request: PanelRequest, account_id: int, application_id: str | None) -> None:
    memberships = Membership.objects.select_related("account")
    # `account__pk`, for `account` would raise on SQLite where a number is larger than any key.
    request.membership = get_object_or_404(memberships, account__pk=account_id, user=request.user)
    request.account = request.membership.account
    if application_id is not None:
        if not is_credential(application_id):
            raise Http404  # what no application has, the database need not take (NUL, for one)
        ours = request.account.applications.all()
        request.application = get_object_or_404(ours, application_id=application_id)
        request.application.account = request.account


def asks_again(request: PanelRequest) -> bool:
    """Whether a view with `secret` would ask this member for the password or second factor first.

    Signing in counts like confirming it: who has done so a minute ago is not asked twice.
    """
    records = get_authentication_records(request, request.user)
    age = time.time() - records[-1]["at"] if records else None
    return age is None or age >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def ask_again(request: PanelRequest) -> HttpResponse:
    """Ask; then what was posted is done, or the page that was asked for is shown."""
    if request.method != "POST":
        # What was posted before, and given up, must not be done because a page was asked for now.
        request.session.pop(STATE_SESSION_KEY, None)
    response: HttpResponse = suspend_request(request, reverse("account_reauthenticate"))
    return response


def actor_of(request: PanelRequest) -> Actor:
    """Return who makes the change, for its audit row."""
    return Actor(ActorKind.USER, request.user.email, str(client_address(request)), request.request_id)
