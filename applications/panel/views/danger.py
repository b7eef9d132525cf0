"""Danger zone: resetting the secret, stopping an old one, deleting the application."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.authentication.confirmation import is_recent
from applications.errors import Conflict, NotFound
from applications.forms.deletion import DeleteApplicationForm
from applications.forms.secrets import ResetSecretForm
from applications.models.secrets import Overlap
from applications.operations.applications import delete_application
from applications.operations.secrets import OlderSecretWorks, reset_secret, retire_secret
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.impact import impact_of
from applications.panel.navigation import page
from applications.panel.questions import confirmation_page, of_application
from applications.panel.quick_start import env_file, quick_start
from applications.panel.secrets import evidence_of, use_of, working_secrets

CURRENT = "panel:danger"
REFUSED = 422


@require_safe
@member()
def danger(request: PanelRequest) -> HttpResponse:
    """Show what can be done that cannot be undone, each with its question."""
    context = _reset_context(request) | {"delete_form": _delete_form(request)}
    return page(request, "panel/application/danger.html", context, current=CURRENT)


def _reset_context(request: PanelRequest, form: ResetSecretForm | None = None) -> dict[str, Any]:
    secrets, moment = working_secrets(request.application), now()
    return {
        **secrets,
        "impact": impact_of(request.application),
        "asks": not is_recent(request),
        "stops": {overlap.value: moment + overlap.span for overlap in Overlap},
        "reset_form": form or ResetSecretForm(initial={"current": secrets["secret"].pk}, auto_id="reset-%s"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True, secret=True)
def reset(request: PanelRequest) -> HttpResponse:
    """Make a new secret and show it, this once; GET asks."""
    if request.method != "POST":
        return confirmation_page(request, "reset", _reset_context(request), current=CURRENT)
    form = ResetSecretForm(request.POST, auto_id="reset-%s")
    return _reset(request, form) if form.is_valid() else _ask_reset_again(request, form)


def _ask_reset_again(request: PanelRequest, form: ResetSecretForm) -> HttpResponse:
    context = {"form": form, **_reset_context(request, form)}
    return confirmation_page(request, "reset", context, current=CURRENT, status=REFUSED)


def _reset(request: PanelRequest, form: ResetSecretForm) -> HttpResponse:
    impact, chosen = impact_of(request.application), form.cleaned_data
    older = list(request.application.secrets.older())
    try:
        secret = reset_secret(
            application=request.application,
            overlap=chosen["overlap"],
            revoke_tokens=chosen["revoke"],
            current=chosen["current"],
            end_older=chosen["end_older"],
            actor=actor_of(request),
        )
    except OlderSecretWorks:
        form.add_error("end_older", _("Choose that the older secret may stop, or wait until it has."))
        return _ask_reset_again(request, form)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect(of_application(request, CURRENT))
    request.application.refresh_from_db()
    context = {
        "value": secret,
        "revoked": impact if chosen["revoke"] else None,
        "ended": older,
        "env": env_file(request.application, secret),
        "quick_start": quick_start(request.application),
        **working_secrets(request.application),
    }
    return page(request, "panel/application/secret_reset.html", context, current=CURRENT)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def retire(request: PanelRequest, secret: int) -> HttpResponse:
    """Stop an old secret before its overlap ends; GET asks."""
    ended_by_choice = request.application.secrets.exclude(expires_at=None).select_related("application")
    old = get_object_or_404(ended_by_choice, pk=secret)
    if request.method != "POST":
        use = use_of(old)
        context = {"old": old, "old_use": use, "evidence": evidence_of(request.application, old, use)}
        return confirmation_page(request, "stop_secret", context, current=CURRENT)
    try:
        retire_secret(secret=old, actor=actor_of(request))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        words = _("The old secret, ending in %(hint)s, was stopped. It gets no token any more.")
        messages.success(request, words % {"hint": old.hint})
    return redirect(of_application(request, "panel:overview"))


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True, secret=True)
def delete(request: PanelRequest) -> HttpResponse:
    """Delete the application once its name has been typed; GET asks."""
    form = _delete_form(request, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"impact": impact_of(request.application), "form": form, "delete_form": form}
        return confirmation_page(
            request, "delete", context, current=CURRENT, status=REFUSED if form.is_bound else 200
        )
    delete_application(application=request.application, actor=actor_of(request))
    words = _("%(name)s was deleted. Its ID, secret and tokens do not work any more.")
    messages.success(request, words % {"name": request.application})
    return redirect("panel:applications", request.account.pk)


def _delete_form(request: PanelRequest, data: Any = None) -> DeleteApplicationForm:
    return DeleteApplicationForm(request.application, data, auto_id="delete-%s")
