"""Mails: which of those about the account a member gets, and which nobody can switch off."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from applications.forms.mails import MailsForm
from applications.models.mails import ALWAYS, MailKind
from applications.operations.mail_choices import choose_mails
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.navigation import page

CURRENT = "panel:mails"
REFUSED = 422
MEANINGS = {
    MailKind.FOUND: _lazy("Somebody who had it reported it. What was stopped, and what to do now."),
    MailKind.SECRET: _lazy("In the panel, by the API or by a command, and until when the old one works."),
    MailKind.API_KEY: _lazy("Which scopes a new one has, and when it expires."),
    MailKind.NEVER: _lazy("An application was created with the lifetime “Never”, or changed to it."),
    MailKind.MEMBERS: _lazy("Who may see and change the account."),
    MailKind.SECOND_FACTOR: _lazy("An authenticator app or a passkey of somebody in this account."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def mails(request: PanelRequest) -> HttpResponse:
    """Show the choice of this member, or store it; viewers choose too."""
    if request.method != "POST":
        return _page(request, set(request.membership.mail_kinds), request.membership.hears_of_own_acts)
    form = MailsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose kinds of mails of the list. Nothing was saved."))
        return _page(request, set(request.POST.getlist("kinds")), "own_acts" in request.POST, status=REFUSED)
    choose_mails(membership=request.membership, actor=actor_of(request), **form.cleaned_data)
    messages.success(request, _("Your choice was saved. It holds from the next mail on."))
    return redirect(CURRENT, request.account.pk)


def _page(request: PanelRequest, wanted: set[Any], own_acts: bool, status: int = 200) -> HttpResponse:
    locked = ALWAYS if request.membership.may_change else frozenset()
    rows = [
        {
            "value": kind.value,
            "label": kind.label,
            "meaning": MEANINGS.get(kind, ""),
            "checked": kind in wanted or kind in locked,
            "locked": kind in locked,
        }
        for kind in MailKind
    ]
    context = {"rows": rows, "own_acts": own_acts}
    return page(request, "panel/mails.html", context, current=CURRENT, status=status)
