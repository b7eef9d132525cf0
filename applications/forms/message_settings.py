"""How messages are treated: a form a channel. Their fields are the columns of MessageSettings."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam
from applications.forms.message_fields import (
    ALPHABETS,
    AlphabetField,
    QuietEndField,
    SenderField,
    WholeField,
)
from applications.models.message_settings import MessageSettings, PinType
from applications.rules.message_settings import (
    CHANNEL_TTL,
    LONGEST_OTP_SENDER,
    OTP_SENDER,
    PIN_ATTEMPTS,
    PIN_LENGTH,
    PIN_TTL,
    TEMPLATE_WITHOUT_PIN,
    UNKNOWN_PIN_TYPE,
    check_quiet_hours,
    parse_template,
)


class ChannelForm(forms.Form):
    """`fingerprint` is what MessageSettings.fingerprint said when the form was shown: two admins at once are told
    apart by it.

    `channel` is the prefix of its columns.
    """

    channel: ClassVar[str]
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def columns(cls) -> list[str]:
        """The columns of MessageSettings that this form is about."""
        return [name for name in cls.base_fields if name != "fingerprint"]

    @classmethod
    def of(cls, stored: MessageSettings) -> "ChannelForm":
        """Return the form as it is first shown."""
        columns = cls.columns()
        return cls(initial={**stored.values(columns), "fingerprint": stored.fingerprint(columns)})

    @property
    def changes(self) -> dict[str, Any]:
        """What a valid form asks for: column → value."""
        return {name: self.cleaned_data[name] for name in self.columns()}

    def clean(self) -> dict[str, Any]:
        """Check the quiet hours, which are two fields; the code is "half_typed" while one of them is missing."""
        ends = (f"{self.channel}_quiet_start", f"{self.channel}_quiet_stop")
        if all(end in self.cleaned_data for end in ends):
            try:
                check_quiet_hours(self.channel, self.cleaned_data)
            except InvalidParam as error:
                code = "pair" if self.cleaned_data[error.param] else "half_typed"
                self.add_error(error.param, ValidationError(error.message, code=code))
        return self.cleaned_data


class SmsForm(ChannelForm):
    channel = "sms"
    sms_sender = SenderField(
        label=_lazy("Enforced sender ID"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    sms_alphabet = AlphabetField(label=_lazy("Replace special characters"), choices=ALPHABETS)
    sms_remove_emojis = forms.BooleanField(label=_lazy("Remove emojis"), required=False)
    sms_quiet_start = QuietEndField(label=_lazy("Quiet hours start"))
    sms_quiet_stop = QuietEndField(label=_lazy("Quiet hours end"))


class ViberForm(ChannelForm):
    channel = "viber"
    viber_quiet_start = QuietEndField(label=_lazy("Quiet hours start"))
    viber_quiet_stop = QuietEndField(label=_lazy("Quiet hours end"))


class WhatsappForm(ChannelForm):
    channel = "whatsapp"
    whatsapp_quiet_start = QuietEndField(label=_lazy("Quiet hours start"))
    whatsapp_quiet_stop = QuietEndField(label=_lazy("Quiet hours end"))


class MultichannelForm(ChannelForm):
    channel = "multichannel"
    multichannel_ttl = WholeField(CHANNEL_TTL, label=_lazy("TTL"))
    multichannel_expire_after_ttl = forms.BooleanField(label=_lazy("Expire after TTL"), required=False)
    multichannel_quiet_start = QuietEndField(label=_lazy("Quiet hours start"))
    multichannel_quiet_stop = QuietEndField(label=_lazy("Quiet hours end"))


class OtpForm(ChannelForm):
    channel = "otp"
    otp_template = forms.CharField(
        label=_lazy("Template"),
        strip=False,
        error_messages={"required": TEMPLATE_WITHOUT_PIN},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    otp_sender = SenderField(
        label=_lazy("Sender"),
        max_length=LONGEST_OTP_SENDER,
        error_messages={"required": OTP_SENDER, "max_length": OTP_SENDER},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    otp_pin_type = forms.ChoiceField(
        label=_lazy("PIN type"),
        choices=PinType,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": UNKNOWN_PIN_TYPE},
    )
    otp_pin_length = WholeField(PIN_LENGTH, label=_lazy("PIN length"))
    otp_ttl = WholeField(PIN_TTL, label=_lazy("Valid for"))
    otp_max_attempts = WholeField(PIN_ATTEMPTS, label=_lazy("Attempts"))

    def clean_otp_template(self) -> str:
        try:
            return parse_template(self.cleaned_data["otp_template"])
        except InvalidParam as error:
            raise ValidationError(error.message) from None


CHANNELS: dict[str, type[ChannelForm]] = {
    form.channel: form for form in (SmsForm, ViberForm, WhatsappForm, MultichannelForm, OtpForm)
}
"""Every form, by the channel it is about. The callback URLs have their own (forms/callbacks.py)."""
