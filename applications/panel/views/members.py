"""Members of an account: the list, another role, removing, leaving. Owners change them, everyone may leave."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from applications.authentication.confirmation import Act
from applications.errors import AccessDenied, LastOwner, NotFound
from applications.forms.members import InviteForm, RoleForm
from applications.models import Membership
from applications.models.memberships import Role
from applications.operations.members import change_role, leave_account, remove_member
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.members import people_named, rows_of
from applications.panel.navigation import page

CURRENT = "panel:members"
PER_PAGE = 50
MEANINGS = {
    Role.OWNER: _lazy("Everything, members and roles included."),
    Role.ADMIN: _lazy("Applications, API keys, allowed IPs, webhooks, settings of the account."),
    Role.VIEWER: _lazy("Sees all of it, changes nothing, never sees a secret."),
}


@require_safe
@member()
def members(request: PanelRequest) -> HttpResponse:
    """List the members, then the open invitations."""
    shown_name = Lower(Coalesce(NullIf("user__name", Value("")), "user__email"))
    found = request.account.memberships.select_related("user").order_by(shown_name, "pk")
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    invitations = list(request.account.invitations.pending())
    context = {
        "shown": shown,
        "rows": rows_of(request.account, shown),
        "invitations": invitations if shown.number == 1 else [],
        "inviters": people_named({invitation.created_by for invitation in invitations}),
        "roles": Role.choices,
        "meanings": MEANINGS,
        "form": InviteForm(),
    }
    return page(request, "panel/members/list.html", context, current=CURRENT)


def _act(words: Promise) -> Callable[..., Act]:
    """Return what names the act to who confirms it, with the member."""
    return lambda request, member_id: Act(words, str(_found(request, member_id).user))


def not_kept(request: PanelRequest) -> HttpResponse:
    """Lead to the list: somebody confirmed who they are for a form that another tab of theirs has replaced."""
    messages.warning(request, _("Nothing was changed. Send the form again."))
    return redirect(CURRENT, request.account.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member(owner=True, confirm=_act(_lazy("Change the role of {name}")))
def role(request: PanelRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    if request.method != "POST":
        return not_kept(request)
    found, form = _found(request, member_id), RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a role. Nothing was changed."))
        return redirect(CURRENT, request.account.pk)
    words = _("%(person)s is %(role)s now. This holds from the next request on.")
    said = words % {"person": found.user, "role": form.cleaned_data["role"].label}
    return _do(request, change_role, said, membership=found, role=form.cleaned_data["role"])


@require_http_methods(["GET", "HEAD", "POST"])
@member(owner=True, confirm=_act(_lazy("Remove the member {name}")))
def remove(request: PanelRequest, member_id: int) -> HttpResponse:
    """Remove a member; GET asks."""
    found = _found(request, member_id)
    if request.method != "POST":
        return _ask(request, "remove", found)
    words = _("%(person)s was removed, and reaches nothing of this account from the next request on.")
    return _do(request, remove_member, words % {"person": found.user}, membership=found)


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def leave(request: PanelRequest) -> HttpResponse:
    """Leave the account; GET asks."""
    if request.method != "POST":
        return _ask(request, "leave", request.membership)
    words = _("You left %(account)s.") % {"account": request.account}
    return _do(request, leave_account, words, "panel:home", membership=request.membership)


def _found(request: PanelRequest, pk: int) -> Membership:
    found = request.account.memberships.select_related("user", "account")
    return get_object_or_404(found, pk=pk)


def _ask(request: PanelRequest, question: str, membership: Membership) -> HttpResponse:
    context = {
        "question": f"panel/members/_{question}.html",
        "row": rows_of(request.account, [membership])[0],
        "back": reverse(CURRENT, args=[request.account.pk]),
    }
    return page(request, "panel/members/question.html", context, current=CURRENT)


def _do(
    request: PanelRequest, operation: Callable[..., object], words: str, after: str = CURRENT, **what: Any
) -> HttpResponse:
    """Do it and say so; say why not where the members are not what they were when the page was shown."""
    try:
        operation(**what, actor=actor_of(request))
    except AccessDenied as error:
        raise PermissionDenied from error
    except (LastOwner, NotFound) as error:
        messages.error(request, error.message)
        return redirect(CURRENT, request.account.pk)
    messages.success(request, words)
    return redirect(after, *([request.account.pk] if after == CURRENT else []))
