"""The URLs of the Webhooks tab: set, changed, removed and switched on, one by one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from applications.errors import Conflict
from applications.forms.callbacks import CALLBACK_FORMS, CALLBACK_LABELS
from applications.forms.message_settings import ChannelForm
from applications.models import MessageSettings, Webhook
from applications.operations.message_settings import update_message_settings
from applications.operations.webhooks import switch_on_webhook
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.questions import confirmation_page, of_application
from applications.panel.webhooks import lines_of

CURRENT = "panel:webhooks"
REFUSED, CONFLICT = 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def url(request: PanelRequest, setting: str) -> HttpResponse:
    """Set or change the URL of one kind of event; GET shows the form."""
    form = _form(request, setting)
    if not form.is_bound:
        return _ask_url(request, setting, form)
    if not form.is_valid():
        return _ask_url(request, setting, form, status=REFUSED)
    try:
        changed = _store(request, form, form.changes)
    except Conflict:
        return _ask_url(request, setting, _beside_theirs(request, setting), {"theirs": True}, CONFLICT)
    words = _("The URL for %(events)s was saved. It gets the next event; send it a test event now.")
    messages.success(
        request, words % {"events": CALLBACK_LABELS[setting]} if changed else _("Nothing was changed.")
    )
    return redirect(f"{of_application(request, CURRENT)}#{setting}")


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def remove(request: PanelRequest, setting: str) -> HttpResponse:
    """Remove the URL of one kind of event; GET asks."""
    form = _form(request, setting)
    if not form.is_bound:
        return _ask_removal(request, setting)
    form.full_clean()
    if not form.cleaned_data.get("fingerprint"):
        raise BadRequest("The fingerprint is missing.")
    try:
        changed = _store(request, form, {setting: ""})
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect(of_application(request, CURRENT))
    words = _("The URL for %(events)s was removed. These events are not sent any more.")
    messages.success(
        request, words % {"events": CALLBACK_LABELS[setting]} if changed else _("Nothing was changed.")
    )
    return redirect(of_application(request, CURRENT))


@require_POST
@member(changes=True)
def switch_on(request: PanelRequest, setting: str) -> HttpResponse:
    """Call a URL again that was switched off."""
    webhook = Webhook.objects.by_setting(request.application.pk).get(setting)
    if webhook is None:
        raise Http404
    switch_on_webhook(application=request.application, webhook=webhook, actor=actor_of(request))
    words = _("The URL for %(events)s is called again. What failed meanwhile can be sent again below.")
    messages.success(request, words % {"events": CALLBACK_LABELS[setting]})
    return redirect(f"{of_application(request, CURRENT)}#{setting}")


def _form(request: PanelRequest, setting: str) -> ChannelForm:
    """The form of a URL, which cannot be saved empty here: removing one is a question of its own."""
    if setting not in CALLBACK_FORMS:
        raise Http404
    form_class = CALLBACK_FORMS[setting]
    if request.method == "POST":
        form = form_class(request.POST)
    else:
        stored = MessageSettings.objects.of(request.application.pk)
        form = form_class(initial=form_class.of(stored).initial)
    form.fields[setting].required = True
    return form


def _store(request: PanelRequest, form: ChannelForm, changes: dict[str, Any]) -> dict[str, list[Any]]:
    return update_message_settings(
        application=request.application,
        changes=changes,
        actor=actor_of(request),
        fingerprint=form.cleaned_data["fingerprint"],
    )


def _beside_theirs(request: PanelRequest, setting: str) -> ChannelForm:
    """The form with what was typed; saving it again replaces what somebody else saved, knowingly."""
    sent = request.POST.copy()
    sent["fingerprint"] = MessageSettings.objects.of(request.application.pk).fingerprint([setting])
    return CALLBACK_FORMS[setting](sent)


def _ask_removal(request: PanelRequest, setting: str) -> HttpResponse:
    lines = [line for line in lines_of(request.application).with_url if line.setting == setting]
    if not lines:
        return redirect(of_application(request, CURRENT))
    return confirmation_page(request, "remove_url", {"line": lines[0]}, current=CURRENT)


def _ask_url(
    request: PanelRequest,
    setting: str,
    form: ChannelForm,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    stored = getattr(MessageSettings.objects.of(request.application.pk), setting)
    context = {"form": form, "setting": setting, "field": form[setting], "stored": stored, **(more or {})}
    context["label"] = CALLBACK_LABELS[setting]
    return confirmation_page(request, "set_url", context, current=CURRENT, status=status)
