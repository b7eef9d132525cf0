"""Settings of the account: name, time zone, lifetime of new applications' tokens, second-factor rule."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications.authentication.confirmation import Act, ask_to_confirm, is_recent
from applications.errors import AccessDenied, Conflict, InvalidParam
from applications.forms.account_settings import AccountSettingsForm
from applications.models import Account, AuditEvent
from applications.models.audit import Action
from applications.operations.accounts import update_account
from applications.operations.second_factors import has_second_factor
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.members import without_second_factor
from applications.panel.navigation import page
from applications.rules.time_zones import offered_time_zones

CURRENT = "panel:account_settings"
REFUSED, CONFLICT = 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: PanelRequest, **address: Any) -> HttpResponse:
    """Show the settings (to a viewer, as text), or save them."""
    return _save(request, **address) if request.method == "POST" else _show(request, **address)


@member()
def _show(request: PanelRequest) -> HttpResponse:
    return _page(request, AccountSettingsForm(initial=_stored(request.account)))


@member(changes=True)
def _save(request: PanelRequest) -> HttpResponse:
    form = AccountSettingsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=REFUSED)
    if _drops_second_factor(request.account, form) and not is_recent(request):
        words = _("Ask members of {name} for no second factor any more")
        ask_to_confirm(request, Act(words, str(request.account)))
    try:
        after = update_account(account=request.account, actor=actor_of(request), **form.cleaned_data)
    except Conflict:
        return _conflict(request)
    except InvalidParam as error:
        form.add_error(error.param, error.message)
        return _page(request, form, status=REFUSED)
    except AccessDenied as error:
        raise PermissionDenied from error
    changed = after.revision != request.account.revision
    messages.success(request, _("The settings were saved.") if changed else _("Nothing was changed."))
    return redirect(CURRENT, request.account.pk)


def _drops_second_factor(account: Account, form: AccountSettingsForm) -> bool:
    return account.requires_second_factor and not form.cleaned_data["requires_second_factor"]


def _conflict(request: PanelRequest) -> HttpResponse:
    """Show what is stored beside what was typed; saving that again is then a choice made knowingly."""
    request.account.refresh_from_db()
    sent = request.POST.copy()
    sent["revision"] = str(request.account.revision)
    changes = AuditEvent.objects.filter(account=request.account, action=Action.ACCOUNT_CHANGED)
    return _page(request, AccountSettingsForm(sent), {"theirs": changes.first()}, status=CONFLICT)


def _page(
    request: PanelRequest,
    form: AccountSettingsForm,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    about = {
        "form": form,
        "zones": offered_time_zones(),
        "members": request.account.memberships.count(),
        "without": without_second_factor(request.account),
        "has_own": has_second_factor(request.user),
    }
    template = "panel/account_settings/page.html"
    return page(request, template, about | (context or {}), current=CURRENT, status=status)


def _stored(account: Account) -> dict[str, Any]:
    fields = AccountSettingsForm.base_fields
    return {name: getattr(account, name) for name in fields}
