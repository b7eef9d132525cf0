"""Signing of webhooks: the secret, made, rolled and shown once; the unsigned way; and what stays in the log."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST

from applications.authentication.confirmation import is_recent
from applications.errors import Conflict, LimitReached
from applications.forms.webhooks import OnOffForm, RollSecretForm
from applications.operations.webhook_secrets import roll_webhook_secret, switch_webhook_signing
from applications.operations.webhooks import set_webhook_options
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.navigation import page
from applications.panel.questions import confirmation_page, of_application
from applications.panel.webhook_secrets import signing_of
from applications.panel.webhook_verification import verification_code

CURRENT = "panel:webhooks"


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True, confirm=_lazy("Make a signing secret for {name}"))
def roll(request: PanelRequest) -> HttpResponse:
    """Make a signing secret and show it, this once; GET asks."""
    if request.method != "POST":
        context = {**signing_of(request.application), "asks": not is_recent(request)}
        return confirmation_page(request, "roll_webhook_secret", context, current=CURRENT)
    form = RollSecretForm(request.POST)
    if not form.is_valid():
        raise BadRequest("current is missing.")
    try:
        secret = roll_webhook_secret(
            application=request.application, actor=actor_of(request), current=form.cleaned_data["current"]
        )
    except (Conflict, LimitReached) as error:
        messages.warning(request, error.message)
        return redirect(of_application(request, CURRENT))
    context = {"value": secret, "code": verification_code(), **signing_of(request.application)}
    return page(request, "panel/webhooks/secret.html", context, current=CURRENT)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def signing(request: PanelRequest) -> HttpResponse:
    """Send webhooks signed, or unsigned as the platform used to; GET asks before the latter."""
    if request.method != "POST":
        return confirmation_page(request, "unsigned_webhooks", {}, current=CURRENT)
    signed = _is_on(request)
    switch_webhook_signing(application=request.application, signed=signed, actor=actor_of(request))
    if signed:
        messages.success(request, _("Webhooks are signed from the next attempt on."))
    else:
        messages.warning(request, _("Webhooks are sent without a signature from the next attempt on."))
    return redirect(of_application(request, CURRENT))


@require_POST
@member(changes=True)
def bodies(request: PanelRequest) -> HttpResponse:
    """Keep bodies in the log, or throw them away once a delivery has ended."""
    keeps = _is_on(request)
    set_webhook_options(application=request.application, keeps_bodies=keeps, actor=actor_of(request))
    if keeps:
        words = _("Bodies of deliveries stay in the log from now on.")
    else:
        words = _(
            "Bodies are thrown away once a delivery has ended. Those of before stay until they are deleted."
        )
    messages.success(request, words)
    return redirect(of_application(request, CURRENT))


def _is_on(request: PanelRequest) -> bool:
    form = OnOffForm(request.POST)
    if not form.is_valid():
        raise BadRequest("to is neither on nor off.")
    return form.is_on
