"""What an application's settings make of a text: the text as sent, its parts, its sender and its time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from applications.errors import InvalidParam
from applications.rules.gsm7 import MAX_PARTS, Encoding, Measure, measure
from applications.rules.quiet_hours import QuietHours
from applications.rules.sender_ids import SenderId
from applications.rules.transliteration import Alphabet, Transliteration

# Twice what 10 parts of GSM-7 hold: room for emojis that are taken out, and little enough to be quick.
MAX_CHARACTERS: Final = 3060

# Line breaks, tabs and the page break of GSM-7 are allowed. A lone surrogate is not: it cannot be encoded.
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """The settings that apply to a text; `sender` is the enforced sender ID or empty."""

    sender: str = ""
    alphabet: Alphabet = Alphabet.NONE
    remove_emojis: bool = False
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """The size of the text as sent: `length` in septets, or in UTF-16 code units when `unicode`."""

    length: int
    unicode: bool
    parts: int


@dataclass(frozen=True, slots=True)
class MeasuredText:
    """A text with its size."""

    text: str
    length: int
    parts: int
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class TransliterationAnalysis:
    """The text before and after; `characters` were replaced and `emojis` removed so many times each."""

    original: MeasuredText
    replaced: MeasuredText
    characters: dict[str, int]
    emojis: dict[str, int]

    @property
    def parts_saved(self) -> int:
        """Parts that need not be paid; negative when the replacements are longer than what they replace."""
        return self.original.parts - self.replaced.parts


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, from whom, and when: `scheduled_at` is None when it goes at once."""

    text: str
    sender: str
    text_analysis: TextAnalysis
    transliteration_analysis: TransliterationAnalysis
    in_quiet_hours: bool
    scheduled_at: datetime | None

    @property
    def parts(self) -> int:
        """Number of SMS that the text is sent in."""
        return self.text_analysis.parts


def preview(
    text: str,
    sms_settings: SmsSettings,
    *,
    sender: str,
    zone: ZoneInfo,
    now: datetime,
    scheduled: datetime | None = None,
    otp: bool = False,
) -> Preview:
    """Return what `sms_settings` makes of a text sent to somebody in `zone`.

    `sender` is the one asked for, which an enforced one replaces. A `scheduled` time that has passed
    counts as `now`; both are aware. One-time passwords (`otp`) are not held by quiet hours.

    Raises InvalidParam for a text that is empty, too long or has control characters, and for a bad sender.
    """
    _check_text(text)
    if sender:
        SenderId(sender)  # or InvalidParam
    made = _transliterate()(text, sms_settings.alphabet, remove_emojis=sms_settings.remove_emojis)
    analysis = _analysis(text, made)
    quiet = None if otp else sms_settings.quiet_hours
    moment = max(now, scheduled or now)
    held = quiet.held_until(moment, zone) if quiet else None
    return Preview(
        text=made.text,
        sender=sms_settings.sender or sender,
        text_analysis=_text_analysis(analysis.replaced),
        transliteration_analysis=analysis,
        in_quiet_hours=held is not None,
        scheduled_at=held or (moment if moment > now else None),
    )


@cache
def _transliterate() -> Callable[..., Transliteration]:
    from applications.rules.transliteration.texts import transliterate  # see that package

    return transliterate


def has_previewed() -> bool:
    """Whether a preview was made in this process before. The first one takes a tenth of a second, to make tables."""
    return _transliterate.cache_info().currsize > 0


def _check_text(text: str) -> None:
    if len(text) > MAX_CHARACTERS:  # before anything that takes time
        raise InvalidParam("text", _too_long())
    if not text:
        raise InvalidParam("text", _("A text needs at least one character."))
    if CONTROL.search(text):
        raise InvalidParam(
            "text", _("A text has no control characters, except line breaks, page breaks and tabs.")
        )


def _too_long() -> str:
    return _(
        "A text has at most {parts} parts: 1530 characters in GSM-7, or 670 with characters outside it."
    ).format(parts=MAX_PARTS)


def _analysis(text: str, made: Transliteration) -> TransliterationAnalysis:
    original = _measured(text, measure(text))
    replaced = original if made.text == text else _measured(made.text, measure(made.text))
    if replaced.parts > MAX_PARTS:
        raise InvalidParam("text", _too_long())
    if replaced.parts == 0:
        raise InvalidParam("text", _("Nothing is left of this text when emojis are removed. Add some words."))
    return TransliterationAnalysis(original, replaced, made.replaced, made.removed)


def _measured(text: str, size: Measure) -> MeasuredText:
    return MeasuredText(text, size.length, size.parts, size.encoding)


def _text_analysis(sent: MeasuredText) -> TextAnalysis:
    return TextAnalysis(sent.length, sent.encoding is Encoding.UCS_2, sent.parts)
