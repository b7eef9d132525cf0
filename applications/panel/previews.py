"""What the preview beside the message settings shows: the text as sent, its price in parts, its sender and time."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from applications.errors import InvalidParam
from applications.forms.previews import Occasion
from applications.models import MessageSettings
from applications.models.message_settings import PIN, PinType
from applications.rules import sender_ids
from applications.rules.gsm7 import Encoding, is_gsm7
from applications.rules.previews import MeasuredText, Preview, TransliterationAnalysis, preview
from applications.rules.quiet_hours import QuietHours
from applications.rules.transliteration import Alphabet, Piece, pieces

FEW = 12  # different characters that a list names one by one
SAMPLE = (
    "Bună ziua, comanda nr. 48213 a fost expediată. 📦 Curierul ajunge între 18:00 și 20:00."
    " Urmăriți coletul: https://sho.example/8fK2 Vă mulțumim!"
)
# An invented PIN, the same each time, so that the preview does not change while somebody types. Letters are capitals.
MADE_UP = {
    PinType.NUMBERS: ("4829137506", 10),
    PinType.LETTERS: ("KWTRPXHMVB", 26),
    PinType.ALPHANUMERIC: ("7K4M9X2WQ8", 36),
}


@dataclass(frozen=True, slots=True)
class Warned:
    """A remark on settings that work against each other, or against the text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A character that was replaced, or removed (`after` empty), and how often."""

    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview of an SMS as the page shows it; `problems` are sentences, and then there is nothing else.

    `half_typed`: all that is wrong is a time that may still be finished.
    """

    problems: list[str] = field(default_factory=list)
    half_typed: bool = False
    made: Preview | None = None
    pieces: list[Piece] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    enforced: bool = False
    occasion: Occasion | None = None
    quiet: QuietHours | None = None

    @property
    def few(self) -> list[Change]:
        """The changes that are named one by one."""
        return self.changes[:FEW]

    @property
    def more(self) -> int:
        """How many different ones are not."""
        return max(0, len(self.changes) - FEW)

    @property
    def analysis(self) -> TransliterationAnalysis | None:
        return self.made.transliteration_analysis if self.made else None

    @property
    def verdict(self) -> str:
        """What the settings do to the number of parts, in words: "3 parts become 1"."""
        if self.analysis is None:
            return ""
        before, after = self.analysis.original.parts, self.analysis.replaced.parts
        if before == after:
            return ngettext(
                "%(count)d part, with and without these settings",
                "%(count)d parts, with and without these settings",
                after,
            ) % {"count": after}
        words = ngettext("%(before)d part becomes %(after)d", "%(before)d parts become %(after)d", before)
        return words % {"before": before, "after": after}

    @property
    def moment(self) -> datetime | None:
        """When it goes, at the receiver's clock."""
        if self.made is None or self.occasion is None:
            return None
        return (self.made.scheduled_at or self.occasion.at).astimezone(self.occasion.zone)

    @property
    def when(self) -> str:
        """`moment` in words: "25 November, 09:31"."""
        return format_date(self.moment, pgettext("day and time", "j F, H:i")) if self.moment else ""


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


def sms_preview(settings: MessageSettings, text: str, occasion: Occasion) -> Shown:
    """Return what these settings, stored or not, make of a text."""
    treatment = settings.treatment()
    warnings = _of_settings(settings)
    try:
        made = preview(text, treatment, sender="", zone=occasion.zone, now=occasion.at)
    except InvalidParam as error:
        return Shown(problems=[error.message], warnings=warnings)
    cut = pieces(text, treatment.alphabet, remove_emojis=treatment.remove_emojis)
    return Shown(
        made=made,
        pieces=cut,
        changes=_changes(cut),
        warnings=warnings + _of_text(treatment.alphabet, made, cut),
        enforced=bool(treatment.sender),
        occasion=occasion,
        quiet=treatment.quiet_hours,
    )


def otp_preview(settings: MessageSettings) -> ShownOtp:
    """Return what a verification request sends with these settings, stored or not."""
    digits, letters = MADE_UP[PinType(settings.otp_pin_type)]
    pin = digits[: settings.otp_pin_length]
    zone = ZoneInfo("UTC")
    made = preview(
        settings.otp_template.replace(PIN, pin),
        MessageSettings().treatment(),
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


def _changes(cut: Iterable[Piece]) -> list[Change]:
    counted = Counter((piece.before, piece.after) for piece in cut if piece.before != piece.after)
    return [Change(_visible(before), _visible(after), count) for (before, after), count in counted.items()]


def _visible(text: str) -> str:
    """A character as it can be seen: a space or a mark of no width by its code, "U+00A0"."""
    seen = text.isprintable() and not text.isspace()
    return text if seen else " ".join(f"U+{ord(char):04X}" for char in text)


def _of_settings(settings: MessageSettings) -> list[Warned]:
    sender = settings.sms_sender
    if not (settings.sms_receive_callback and sender and sender_ids.is_alphanumeric(sender)):
        return []
    title = _("Nobody can reply to “%(sender)s”") % {"sender": sender}
    text = _(
        "A sender ID with letters receives no SMS, so nothing goes to the URL for received SMS."
        " Enforce a number, or leave that URL empty."
    )
    return [Warned(title, text)]


def _of_text(alphabet: Alphabet, made: Preview, cut: list[Piece]) -> list[Warned]:
    lost = dict.fromkeys(piece.before for piece in cut if _is_lost(piece))
    if lost:
        title = ngettext(
            "%(count)d character becomes “?”", "%(count)d different characters become “?”", len(lost)
        )
        text = _(
            "Nothing in GSM-7 is near them: %(characters)s."
            " The alphabet of the text’s language may have letters for them."
        )
        return [Warned(title % {"count": len(lost)}, text % {"characters": _named(lost)})]
    if made.transliteration_analysis.replaced.encoding is Encoding.UCS_2:
        outside = dict.fromkeys(char for char in made.text if not is_gsm7(char))
        title = _("The whole text goes as UCS-2, with 70 characters in a part")
        text = _("These characters are outside GSM-7: %(characters)s.")
        return [Warned(title, text % {"characters": _named(outside)})]
    return []


def _is_lost(piece: Piece) -> bool:
    """Whether a character became "?" because nothing is near it, and not because it is a question mark itself."""
    return piece.after == "?" != piece.before and "QUESTION MARK" not in unicodedata.name(piece.before[0], "")


def _named(characters: Iterable[str]) -> str:
    named = [_visible(char) for char in characters]
    return " ".join(named[:FEW]) + (" …" if len(named) > FEW else "")
