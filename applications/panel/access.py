"""Who may see and do what in the panel; every object a view works on is reached through here.

A stranger gets 404, as for something that does not exist; a member without the role 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import Promise

from applications.authentication.address import client_address
from applications.authentication.confirmation import Act, ask_to_confirm, is_recent
from applications.errors import AccessDenied, NotFound
from applications.models import Account, Application, Membership, User
from applications.models.audit import ActorKind
from applications.operations.actors import Actor
from applications.operations.last_account import remember_account
from applications.operations.second_factors import has_second_factor
from applications.rules.credentials import is_credential

type View = Callable[..., HttpResponse]


class PanelRequest(HttpRequest):
    """A request of a member: what `member` has put on it."""

    user: User
    membership: Membership
    memberships: list[Membership]
    account: Account
    application: Application
    request_id: str


def member(
    *, changes: bool = False, owner: bool = False, confirm: Promise | Callable[..., Act] | None = None
) -> Callable[[View], View]:
    """Let only members of the account in the address call the view.

    Where the account asks its members for a second factor, one without gets a page that says so, and nothing else.
    changes: viewers get 403 before a form is shown to them; owner: admins too. The operations refuse them too. confirm:
    the password or second factor must have been given of late; else the member is asked for it, and goes on from
    there: what was posted is kept in the session until then. It says what is done, in words where {name} is that of
    the application, or is called like the view for an Act.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def checked(
            request: Any, account_id: int, application_id: str | None = None, **rest: Any
        ) -> HttpResponse:
            _enter(request, account_id, application_id)
            if request.account.requires_second_factor and not has_second_factor(request.user):
                return render(request, "panel/second_factor_needed.html", status=403)
            remember_account(request.user, request.account)
            if not _may_enter(request, changes, owner):
                raise PermissionDenied
            if confirm and not is_recent(request):
                ask_to_confirm(request, _act(request, confirm, rest))
            with timezone.override(request.account.timezone):
                return _answered(view, request, **rest)

        return checked

    return decorate


def _act(request: PanelRequest, confirm: Promise | Callable[..., Act], address: dict[str, Any]) -> Act:
    if callable(confirm):
        return confirm(request, **address)
    return Act(confirm, str(getattr(request, "application", "")))


def _may_enter(request: PanelRequest, changes: bool, owner: bool) -> bool:
    """Whether the page may be shown; what is written is asked again, by the operation."""
    may_change, is_owner = request.membership.may_change, request.membership.may_change_members
    return (may_change or not changes) and (is_owner or not owner)


def _answered(view: View, request: PanelRequest, **rest: Any) -> HttpResponse:
    """Answer what an operation refused, where the view has nothing of its own to say: 403 or 404."""
    try:
        return view(request, **rest)
    except AccessDenied as error:
        raise PermissionDenied from error
    except NotFound as error:
        raise Http404 from error


def _enter(request: PanelRequest, account_id: int, application_id: str | None) -> None:
    # All of the person's in one query: the page lists their accounts in its sidebar.
    request.memberships = list(Membership.objects.of_person(request.user))
    named = [each for each in request.memberships if each.account_id == account_id]
    if not named:
        raise Http404
    request.membership = named[0]
    request.account = request.membership.account
    if application_id is not None:
        if not is_credential(application_id):
            raise Http404  # PostgreSQL would raise on some texts that cannot be an ID, such as a NUL
        ours = request.account.applications.all()
        request.application = get_object_or_404(ours, application_id=application_id)
        request.application.account = request.account


def actor_of(request: PanelRequest) -> Actor:
    """Return who makes the change: for its audit row, and with what the role allows."""
    return Actor(
        ActorKind.USER,
        request.user.email,
        str(client_address(request)),
        request.request_id,
        may_change=request.membership.may_change,
    )
