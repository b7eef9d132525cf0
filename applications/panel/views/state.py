"""Enabling and disabling an application."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications.forms.state import SwitchForm
from applications.operations.applications import switch_application
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.impact import impact_of
from applications.panel.questions import confirmation_page, of_application
from applications.rules.names import isolated


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def switch(request: PanelRequest) -> HttpResponse:
    """Turn the switch to what `enabled` says ("on" or "off"); GET asks."""
    if request.method == "POST":
        return _switch(request)
    return confirmation_page(
        request, "switch", {"impact": impact_of(request.application)}, current="panel:overview"
    )


def _switch(request: PanelRequest) -> HttpResponse:
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise BadRequest("enabled is neither on nor off.")
    enabled = form.cleaned_data["enabled"] == "on"
    switch_application(application=request.application, enabled=enabled, actor=actor_of(request))
    if enabled:
        words = _("%(name)s was enabled. Its ID, secret and tokens work again.")
    else:
        words = _("%(name)s was disabled. Its ID, secret and tokens do not work.")
    messages.success(request, words % {"name": isolated(str(request.application))})
    return redirect(of_application(request, "panel:overview"))
