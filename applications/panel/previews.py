"""What the preview beside the message settings shows: the text as sent, its price in parts, its sender and time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.dateformat import format as format_date
from django.utils.translation import ngettext, pgettext

from applications.errors import InvalidParam
from applications.forms.previews import SendingTime
from applications.models import MessageSettings
from applications.panel.preview_warnings import FEW, Warned, visible, warnings_of_settings, warnings_of_text
from applications.rules.previews import Preview, TransliterationAnalysis, preview
from applications.rules.quiet_hours import QuietHours
from applications.rules.transliteration import Piece

SAMPLE = (
    "Bună ziua, comanda nr. 48213 a fost expediată. 📦 Curierul ajunge între 18:00 și 20:00."
    " Urmăriți coletul: https://sho.example/8fK2 Vă mulțumim!"
)


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
    sending_time: SendingTime | None = None
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
        if self.made is None or self.sending_time is None:
            return None
        return (self.made.scheduled_at or self.sending_time.at).astimezone(self.sending_time.zone)

    @property
    def when(self) -> str:
        """`moment` in words: "25 November, 09:31"."""
        return format_date(self.moment, pgettext("day and time", "j F, H:i")) if self.moment else ""


def sms_preview(settings: MessageSettings, text: str, sending_time: SendingTime) -> Shown:
    """Return what these settings, stored or not, make of a text."""
    from applications.rules.transliteration.pieces import pieces  # see that package

    sms_settings = settings.sms_settings()
    warnings = warnings_of_settings(settings)
    try:
        made = preview(text, sms_settings, sender="", zone=sending_time.zone, now=sending_time.at)
    except InvalidParam as error:
        return Shown(problems=[error.message], warnings=warnings)
    cut = pieces(text, sms_settings.alphabet, remove_emojis=sms_settings.remove_emojis)
    return Shown(
        made=made,
        pieces=cut,
        changes=_changes(cut),
        warnings=warnings + warnings_of_text(sms_settings.alphabet, made, cut),
        enforced=bool(sms_settings.sender),
        sending_time=sending_time,
        quiet=sms_settings.quiet_hours,
    )


def _changes(cut: Iterable[Piece]) -> list[Change]:
    counted = Counter((piece.before, piece.after) for piece in cut if piece.before != piece.after)
    return [Change(visible(before), visible(after), count) for (before, after), count in counted.items()]
