"""Inviting members: a new invitation, sending one again, withdrawing it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from applications.authentication.confirmation import Act
from applications.errors import AccessDenied, Conflict, InvalidParam, LimitReached, NotFound
from applications.forms.members import InviteForm
from applications.models import Invitation
from applications.operations.invitations import invite_member, send_invitation_again, withdraw_invitation
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.navigation import page
from applications.panel.views.members import CURRENT, MEANINGS, not_kept

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@member(owner=True, confirm=_lazy("Invite a member"))
def invite(request: PanelRequest) -> HttpResponse:
    """Show the form; when it is sent, mail the invitation."""
    if request.method != "POST":
        return _ask(request, InviteForm())
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, REFUSED)
    try:
        invite_member(account=request.account, actor=actor_of(request), **form.cleaned_data)
    except InvalidParam as error:
        form.add_error(error.param, error.message)
    except LimitReached as error:
        form.add_error(None, error.message)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect(CURRENT, request.account.pk)
    except AccessDenied as error:
        raise PermissionDenied from error
    if not form.is_valid():
        return _ask(request, form, REFUSED)
    words = _("An invitation was mailed to %(email)s. Its link works for 7 days.")
    messages.success(request, words % form.cleaned_data)
    return redirect(CURRENT, request.account.pk)


def _ask(request: PanelRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "meanings": MEANINGS}
    return page(request, "panel/members/invite.html", context, current=CURRENT, status=status)


def _sending(request: PanelRequest, invitation: int) -> Act:
    return Act(_("Send the invitation of {name} again"), _found(request, invitation).email)


@require_http_methods(["GET", "HEAD", "POST"])
@member(owner=True, confirm=_sending)
def send_again(request: PanelRequest, invitation: int) -> HttpResponse:
    """Mail the invitation again, with a new link."""
    if request.method != "POST":
        return not_kept(request)
    try:
        sent, _value = send_invitation_again(invitation=_found(request, invitation), actor=actor_of(request))
    except AccessDenied as error:
        raise PermissionDenied from error
    except (LimitReached, NotFound) as error:
        messages.error(request, error.message)
    else:
        words = _("The invitation was mailed to %(email)s again. Only the link of this mail works.")
        messages.success(request, words % {"email": sent.email})
    return redirect(CURRENT, request.account.pk)


@require_POST
@member(owner=True)
def withdraw(request: PanelRequest, invitation: int) -> HttpResponse:
    """End an invitation."""
    found = _found(request, invitation)
    try:
        withdraw_invitation(invitation=found, actor=actor_of(request))
    except AccessDenied as error:
        raise PermissionDenied from error
    except NotFound as error:
        messages.error(request, error.message)
    else:
        words = _("The invitation of %(email)s was withdrawn. Its link does not work any more.")
        messages.success(request, words % {"email": found.email})
    return redirect(CURRENT, request.account.pk)


def _found(request: PanelRequest, pk: int) -> Invitation:
    return get_object_or_404(request.account.invitations.select_related("account"), pk=pk)
