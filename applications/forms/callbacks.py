"""Callback URLs: a form for each, which is about one column of MessageSettings."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam
from applications.forms.message_settings import ChannelForm
from applications.models.message_settings import callback_policy
from applications.rules.safe_urls import CallbackUrl

CALLBACK_LABELS: Final[dict[str, Promise]] = {
    "sms_dlr_callback": _lazy("SMS delivery reports"),
    "sms_receive_callback": _lazy("Received SMS"),
    "viber_dlr_callback": _lazy("Viber delivery reports"),
    "viber_receive_callback": _lazy("Received on Viber"),
    "whatsapp_dlr_callback": _lazy("WhatsApp delivery reports"),
    "whatsapp_receive_callback": _lazy("Received on WhatsApp"),
    "multichannel_dlr_callback": _lazy("Multichannel delivery reports"),
    "multichannel_receive_callback": _lazy("Received on Multichannel"),
    "shortlinks_callback": _lazy("Short link hits"),
    "attachments_callback": _lazy("Attachment hits"),
    "optouts_callback": _lazy("New opt-outs"),
    "otp_callback": _lazy("One-time passwords"),
    "lookup_callback": _lazy("Number lookups"),
}


class CallbackField(forms.CharField):
    """A URL that events are sent to; its value is "" where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        attributes |= {"placeholder": "https://hooks.example.com/…"}
        super().__init__(required=False, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> str:
        url = str(super().clean(value))
        try:
            return CallbackUrl(url, callback_policy()) if url else ""
        except InvalidParam as error:
            raise ValidationError(error.message, code="url") from None


def _form_of(setting: str, label: Promise) -> type[ChannelForm]:
    class CallbackForm(ChannelForm):
        channel = setting

    CallbackForm.base_fields[setting] = CallbackField(label=label)
    return CallbackForm


CALLBACK_FORMS: Final = {setting: _form_of(setting, label) for setting, label in CALLBACK_LABELS.items()}
"""Every form, by its column."""
