"""Where the link of an invitation leads: joining an account, or why the link does not do that.

Who has the link has read the mail. The page names the account only to who may join it, and never the address it is for.
"""

from typing import Any

from allauth.account.forms import LoginForm
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from applications.authentication.address import client_address
from applications.errors import DomainError, InvalidParam
from applications.forms.members import JoinForm
from applications.models import Invitation, Membership, User
from applications.models.audit import ActorKind
from applications.models.invitations import InvitationState
from applications.operations.actors import Actor
from applications.operations.invitations import accept_invitation, accept_invitation_as_new
from applications.rules.credentials import digest, is_credential

REFUSED, GONE, NOT_FOUND, FORBIDDEN = 422, 410, 404, 403


@require_safe
def invitation(request: HttpRequest, value: str) -> HttpResponse:
    """Show what the link of an invitation does for whoever opens it; a look changes nothing."""
    return _show(request, value)


@require_POST
def accept(request: HttpRequest, value: str) -> HttpResponse:
    """Join: as who is signed in, or as a new person with the name and password that are sent."""
    found = _found(value)
    if found is None or found.state != InvitationState.OPEN or _is_for_another(request, found):
        return _show(request, value)
    if request.user.is_authenticated:
        return _join(request, value, request.user)
    if User.objects.filter(email=found.email).exists():
        return _show(request, value)
    return _join_as_new(request, value, found)


def _join(request: HttpRequest, value: str, user: User) -> HttpResponse:
    try:
        membership = accept_invitation(value=value, user=user, actor=_actor(request, user.email))
    except DomainError:  # it ended since the look at it: the page says how
        return _show(request, value)
    messages.success(request, _joined(membership))
    return redirect("panel:applications", membership.account_id)


def _join_as_new(request: HttpRequest, value: str, found: Invitation) -> HttpResponse:
    form = JoinForm(found.email, request.POST)
    if not form.is_valid():
        return _show(request, value, form)
    try:
        membership = accept_invitation_as_new(
            value=value, actor=_actor(request, found.email), **form.cleaned_data
        )
    except InvalidParam as error:
        form.add_error(error.param, error.message)
        return _show(request, value, form)
    except DomainError:
        return _show(request, value)
    messages.success(request, _joined(membership))
    return _signed_in(request, membership, form.cleaned_data["password"])


def _signed_in(request: HttpRequest, membership: Membership, password: str) -> HttpResponse:
    """Sign the new person in as the sign-in page does, with its throttle and its audit row."""
    url = reverse("panel:applications", args=[membership.account_id])
    form = LoginForm({"login": membership.user.email, "password": password}, request=request)
    if not form.is_valid():
        return redirect("account_login")
    response: HttpResponse = form.login(request, redirect_url=url)
    return response


def _joined(membership: Membership) -> str:
    words = _("You are a member of %(account)s now, as %(role)s.")
    return words % {"account": membership.account, "role": membership.get_role_display()}


def _show(request: HttpRequest, value: str, form: JoinForm | None = None) -> HttpResponse:
    found = _found(value)
    own_url = reverse("panel:invitation", args=[value])
    context: dict[str, Any] = {"invitation": found, "value": value, "own_url": own_url}
    if found is None:
        return render(request, "panel/invitation/unknown.html", context, status=NOT_FOUND)
    if _is_for_another(request, found):
        return render(request, "panel/invitation/other.html", context, status=FORBIDDEN)
    if found.state != InvitationState.OPEN:
        context["membership"] = _own_membership(request, found)
        return render(request, "panel/invitation/ended.html", context, status=GONE)
    context |= {
        "is_known": User.objects.filter(email=found.email).exists(),
        "form": form or JoinForm(found.email),
    }
    status = REFUSED if form is not None else 200
    return render(request, "panel/invitation/join.html", context, status=status)


def _found(value: str) -> Invitation | None:
    if not is_credential(value):
        return None
    return Invitation.objects.select_related("account").filter(digest=digest(value)).first()


def _is_for_another(request: HttpRequest, found: Invitation) -> bool:
    return request.user.is_authenticated and request.user.email != found.email


def _own_membership(request: HttpRequest, found: Invitation) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    own = Membership.objects.filter(account=found.account, user=request.user)
    return own.select_related("account").first()


def _actor(request: HttpRequest, email: str) -> Actor:
    request_id: str = request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    return Actor(ActorKind.USER, email, str(client_address(request)), request_id)
