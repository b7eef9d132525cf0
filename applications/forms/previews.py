"""The text that settings are tried on."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam
from applications.forms.message_fields import ClockField
from applications.rules.destinations import zone_of

NUMBER = re.compile(r"\+.*|[\s().-]*\d[\d\s().-]*")  # also one without its +, which is told so
COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class SendingTime:
    """Where and when a text is sent: the receiver's zone and an aware time."""

    zone: ZoneInfo
    at: datetime


class TrialForm(forms.Form):
    """A text, a receiver and a time of day, as typed beside the settings.

    A valid form has a `sending_time`. `try_to` is a number, a country's code or a time zone; empty, the account's zone.
    """

    try_text = forms.CharField(
        label=_lazy("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "form": "channel-form"}),
    )
    try_to = forms.CharField(
        label=_lazy("To"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "form": "channel-form"}),
    )
    try_at = ClockField({"form": "channel-form"}, label=_lazy("Sent at"))
    sending_time: SendingTime

    def __init__(self, zone: ZoneInfo, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_try_text(self) -> str:
        # Browsers send line breaks as CR LF; phones have one character for them.
        return str(self.cleaned_data["try_text"]).replace("\r\n", "\n")

    def clean_try_to(self) -> ZoneInfo:
        """Return the receiver's zone."""
        typed: str = self.cleaned_data["try_to"]
        number = typed if NUMBER.fullmatch(typed) else None
        country = typed if COUNTRY.fullmatch(typed) else None
        try:
            return zone_of(number, country, None if number or country else typed, self.zone)
        except InvalidParam as error:
            raise ValidationError(error.message) from None

    def clean(self) -> dict[str, Any]:
        zone, clock = self.cleaned_data.get("try_to"), self.cleaned_data.get("try_at")
        if zone is not None:
            at = now().astimezone(zone)
            if clock:
                hour, minute = map(int, clock.split(":"))
                at = at.replace(hour=hour, minute=minute, second=0, microsecond=0)
            self.sending_time = SendingTime(zone, at)
        return self.cleaned_data
