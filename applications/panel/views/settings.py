"""Settings: name, lifetime of tokens, scopes."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from applications.authentication.confirmation import ask_to_confirm, is_recent
from applications.errors import Conflict, InvalidParam
from applications.forms.settings import SettingsForm
from applications.models import Application, AuditEvent
from applications.models.audit import Action
from applications.operations.applications import update_application
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.impact import impact_of
from applications.panel.navigation import page
from applications.panel.questions import of_application
from applications.panel.right_size import used_scopes
from applications.panel.scope_groups import scope_groups

CURRENT = "panel:settings"
REFUSED, CONFLICT = 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PanelRequest, **address: Any) -> HttpResponse:
    """Show the settings (to a viewer, as text), or save them."""
    return _save(request, **address) if request.method == "POST" else _show(request, **address)


@member()
def _show(request: PanelRequest) -> HttpResponse:
    return _page(request, SettingsForm(initial=_stored(request.application)))


@member(changes=True)
def _save(request: PanelRequest) -> HttpResponse:
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=REFUSED)
    if _adds_scopes(request.application, form) and not is_recent(request):
        ask_to_confirm(request)
    try:
        after = update_application(
            application=request.application, actor=actor_of(request), **form.cleaned_data
        )
    except Conflict:
        return _conflict(request)
    except InvalidParam as error:  # a scope that was retired just now
        form.add_error(error.param, error.message)
        return _page(request, form, status=REFUSED)
    messages.success(request, _words(request.application, after))
    return redirect(of_application(request, CURRENT))


def _adds_scopes(application: Application, form: SettingsForm) -> bool:
    """Whether the application's credentials could do more than before."""
    return any(scope.name not in application.scope_names for scope in form.cleaned_data["scopes"])


def _conflict(request: PanelRequest) -> HttpResponse:
    """Show what is stored beside what was typed; saving that again is then a choice made knowingly."""
    request.application.refresh_from_db()
    sent = request.POST.copy()
    sent["revision"] = str(request.application.revision)
    changes = AuditEvent.objects.filter(
        application_id=request.application.application_id, action=Action.APPLICATION_CHANGED
    )
    return _page(request, SettingsForm(sent), {"theirs": changes.first()}, status=CONFLICT)


def _page(
    request: PanelRequest, form: SettingsForm, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    uses = used_scopes(request.application)
    impact = impact_of(request.application) if uses["unused_scopes"] else None
    context = {
        "form": form,
        "scope_groups": scope_groups(form["scopes"]),
        **uses,
        "impact": impact,
        **(context or {}),
    }
    return page(request, "panel/application/settings.html", context, current=CURRENT, status=status)


def _stored(application: Application) -> dict[str, Any]:
    return {
        "name": application.name,
        "lifetime": application.lifetime,
        "scopes": application.scope_names,
        "revision": application.revision,
    }


def _words(before: Application, after: Application) -> str:
    """Say what was saved, and what became of scopes."""
    if before.revision == after.revision:
        return _("Nothing was changed.")
    gone = [name for name in before.scope_names if name not in after.scope_names]
    new = [name for name in after.scope_names if name not in before.scope_names]
    words = [_("The settings of %(name)s were saved.") % {"name": after}]
    if gone:
        stopped = ngettext(
            "%(scopes)s stopped working, for every token.",
            "%(scopes)s stopped working, for every token.",
            len(gone),
        )
        words.append(stopped % {"scopes": ", ".join(gone)})
    if new:
        reaches = ngettext(
            "%(scopes)s reaches tokens issued from now on.",
            "%(scopes)s reach tokens issued from now on.",
            len(new),
        )
        words.append(reaches % {"scopes": ", ".join(new)})
    return " ".join(words)
