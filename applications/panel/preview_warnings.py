"""What a preview warns of: settings that work against each other, or against the text."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import MessageSettings
from applications.rules import sender_ids
from applications.rules.gsm7 import Encoding, is_gsm7
from applications.rules.previews import Preview
from applications.rules.transliteration import Alphabet, Piece

FEW = 12  # different characters that a list names one by one


@dataclass(frozen=True, slots=True)
class Warned:
    """A remark on settings that work against each other, or against the text."""

    title: str
    text: str


def warnings_of_settings(settings: MessageSettings) -> list[Warned]:
    """Return remarks on the settings alone."""
    sender = settings.sms_sender
    if not (settings.sms_receive_callback and sender and sender_ids.is_alphanumeric(sender)):
        return []
    title = _("Nobody can reply to “%(sender)s”") % {"sender": sender}
    text = _(
        "A sender ID with letters receives no SMS, so nothing goes to the URL for received SMS."
        " Enforce a number, or leave that URL empty."
    )
    return [Warned(title, text)]


def warnings_of_text(alphabet: Alphabet, made: Preview, cut: list[Piece]) -> list[Warned]:
    """Return remarks on what the settings make of this text."""
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
    named = [visible(char) for char in characters]
    return " ".join(named[:FEW]) + (" …" if len(named) > FEW else "")


def visible(text: str) -> str:
    """A character as it can be seen: a space or a mark of no width by its code, "U+00A0"."""
    seen = text.isprintable() and not text.isspace()
    return text if seen else " ".join(f"U+{ord(char):04X}" for char in text)
