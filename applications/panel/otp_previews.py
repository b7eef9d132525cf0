"""What the preview beside the OTP settings shows: the template with a PIN in it, and what the PIN is worth."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import ngettext

from applications.models import MessageSettings
from applications.models.message_settings import PIN, PinType
from applications.rules.previews import MeasuredText, preview

# An invented PIN, the same each time, so that the preview does not change while somebody types. Letters are capitals.
MADE_UP = {
    PinType.NUMBERS: ("4829137506", 10),
    PinType.LETTERS: ("KWTRPXHMVB", 26),
    PinType.ALPHANUMERIC: ("7K4M9X2WQ8", 36),
}


@dataclass(frozen=True, slots=True)
class ShownOtp:
    """A preview of a one-time password: the template before and after the PIN that was made up."""

    stretches: list[tuple[str, bool]]
    pin: str
    size: MeasuredText
    sender: str
    possible: int
    seconds: int
    attempts: int

    @property
    def minutes(self) -> str:
        """How long the PIN is valid, in words."""
        return spoken(self.seconds)


def otp_preview(settings: MessageSettings) -> ShownOtp:
    """Return what a verification request sends with these settings, stored or not."""
    digits, letters = MADE_UP[PinType(settings.otp_pin_type)]
    pin = digits[: settings.otp_pin_length]
    zone = ZoneInfo("UTC")
    made = preview(
        settings.otp_template.replace(PIN, pin),
        MessageSettings().sms_settings(),
        sender=settings.otp_sender,
        zone=zone,
        now=datetime.now(zone),
        otp=True,
    )
    stretches = [(stretch, False) for stretch in settings.otp_template.split(PIN)]
    between = [part for stretch in stretches for part in (stretch, (pin, True))][:-1]
    return ShownOtp(
        stretches=[part for part in between if part[0]],
        pin=pin,
        size=made.transliteration_analysis.replaced,
        sender=settings.otp_sender,
        possible=letters**settings.otp_pin_length,
        seconds=settings.otp_ttl,
        attempts=settings.otp_max_attempts,
    )


def spoken(seconds: int) -> str:
    """A stretch of time in words, in the largest unit that is exact: "5 minutes"."""
    if seconds % 3600 == 0:
        return ngettext("%(count)d hour", "%(count)d hours", seconds // 3600) % {"count": seconds // 3600}
    if seconds % 60 == 0:
        return ngettext("%(count)d minute", "%(count)d minutes", seconds // 60) % {"count": seconds // 60}
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
