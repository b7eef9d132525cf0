"""Messages: how they are treated, channel by channel, with a preview beside SMS and OTP."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from applications.errors import Conflict
from applications.forms.message_settings import CHANNELS, ChannelForm
from applications.forms.previews import TrialForm
from applications.models import AuditEvent, MessageSettings
from applications.models.audit import Action
from applications.operations.message_settings import update_message_settings
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.navigation import page
from applications.panel.otp_previews import otp_preview
from applications.panel.previews import SAMPLE, Shown, sms_preview
from applications.panel.stored_fields import stored_fields

CURRENT = "panel:messages"
REFUSED, CONFLICT, TOO_LARGE = 422, 409, 413
LABELS = {
    "sms": _lazy("SMS"),
    "viber": _lazy("Viber"),
    "whatsapp": _lazy("WhatsApp"),
    "multichannel": _lazy("Multichannel"),
    "otp": _lazy("OTP"),
}
WITH_PREVIEW = ("sms", "otp")


@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: PanelRequest, **address: Any) -> HttpResponse:
    """Show the settings of a channel (to a viewer, as text), or save them."""
    return _save(request, **address) if request.method == "POST" else _show(request, **address)


@member()
def _show(request: PanelRequest, channel: str) -> HttpResponse:
    return _page(request, _form(channel).of(_stored(request)))


@member(changes=True)
def _save(request: PanelRequest, channel: str) -> HttpResponse:
    form = _form(channel)(request.POST)
    if not form.is_valid():
        return _page(request, form, status=REFUSED)
    try:
        changed = update_message_settings(
            application=request.application,
            changes=form.changes,
            actor=actor_of(request),
            fingerprint=form.cleaned_data["fingerprint"],
        )
    except Conflict:
        return _conflict(request, form)
    saved = _("The %(channel)s settings of %(name)s were saved. They apply to the next message.")
    words = saved % {"channel": LABELS[channel], "name": request.application}
    messages.success(request, words if changed else _("Nothing was changed."))
    return redirect(_address(request, "panel:message_channel", channel))


@csrf_exempt  # it changes nothing, and its answer can be read by this site alone; so a body over the limit gets here
@require_POST
@member()
def preview(request: PanelRequest, channel: str) -> HttpResponse:
    """Show what the settings in the form, saved or not, make of a text: the whole page, or with ?part the preview."""
    if channel not in WITH_PREVIEW:
        raise Http404
    try:
        form, status = _form(channel)(request.POST), 200
        context = _previewed(request, form, request.POST)
    except RequestDataTooBig:
        form, status = _form(channel).of(_stored(request)), TOO_LARGE
        context = _too_large(request)
    if "part" in request.GET:
        return render(request, f"panel/message_settings/_{channel}_preview.html", context, status=status)
    return _page(request, form, context, status=status)


def _form(channel: str) -> type[ChannelForm]:
    try:
        return CHANNELS[channel]
    except KeyError:
        raise Http404 from None


def _stored(request: PanelRequest) -> MessageSettings:
    return MessageSettings.objects.of(request.application.pk)


def _conflict(request: PanelRequest, form: ChannelForm) -> HttpResponse:
    """Show what is stored beside what was typed; saving that again is then a choice made knowingly."""
    stored, sent = _stored(request), request.POST.copy()
    sent["fingerprint"] = stored.fingerprint(form.columns())
    changes = AuditEvent.objects.filter(
        application_id=request.application.application_id, action=Action.MESSAGES_CHANGED
    )
    context = {"theirs": changes.first(), "rows": stored_fields(form.of(stored))}
    return _page(request, type(form)(sent), context, status=CONFLICT)


def _page(
    request: PanelRequest, form: ChannelForm, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = context or {}
    if form.channel in WITH_PREVIEW:
        context["preview_url"] = _address(request, "panel:message_preview", form.channel)
        if "shown" not in context:
            context |= _previewed(request, form, request.POST)
    around = {
        "form": form,
        "channel": form.channel,
        "channels": [_subtab(request, name, form.channel) for name in CHANNELS],
        "rows": stored_fields(form),
        **context,
    }
    return page(
        request, f"panel/message_settings/{form.channel}.html", around, current=CURRENT, status=status
    )


def _subtab(request: PanelRequest, name: str, current: str) -> dict[str, Any]:
    url = _address(request, "panel:message_channel", name)
    return {"label": LABELS[name], "url": url, "current": name == current}


def _previewed(request: PanelRequest, form: ChannelForm, sent: Any) -> dict[str, Any]:
    """Return the preview of a form, sent or as stored, with the text in `sent`; nothing was sent: with a sample."""
    trial = TrialForm(ZoneInfo(request.account.timezone), sent or {"try_text": SAMPLE})
    settings_form = form if form.is_bound else type(form)(form.initial)
    if not (settings_form.is_valid() & trial.is_valid()):
        return {"trial": trial, "shown": _refused(settings_form, trial)}
    tried = _stored(request)
    for column, value in settings_form.changes.items():
        setattr(tried, column, value)
    if form.channel == "otp":
        return {"trial": trial, "shown": otp_preview(tried)}
    return {"trial": trial, "shown": sms_preview(tried, trial.cleaned_data["try_text"], trial.sending_time)}


def _refused(*forms: Form) -> Shown:
    errors = [error for form in forms for found in form.errors.as_data().values() for error in found]
    return Shown(
        problems=[str(message) for error in errors for message in error.messages],
        half_typed=all(error.code == "half_typed" for error in errors),
    )


def _too_large(request: PanelRequest) -> dict[str, Any]:
    trial = TrialForm(ZoneInfo(request.account.timezone), {"try_text": ""})
    words = _("This text is far too long: a text has at most 10 parts, 1530 characters in GSM-7.")
    return {"trial": trial, "shown": Shown(problems=[words])}


def _address(request: PanelRequest, name: str, channel: str) -> str:
    return reverse(name, args=[request.account.pk, request.application.application_id, channel])
