"""What a text costs as SMS: its encoding, its length and its parts (3GPP TS 23.038 and 23.040)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_PARTS: Final = 10

# TS 23.038 section 6.2.1, without the escape character itself. Position 9 is Ç: the small ç is not in it.
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = "\f^{}\\[~]|€"  # section 6.2.1.1: each costs an escape and a septet

GSM7: Final = frozenset(BASIC + EXTENSION)
OUTSIDE: Final = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")

_EXTENDED = re.compile(f"[{re.escape(EXTENSION)}]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
# The first code of a pair that must stay in one part. In its encoding it never stands alone.
_ESCAPE = "\x1b"
_SURROGATE = "\ud800"


class Encoding(StrEnum):
    """The two encodings of an SMS."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a text: `length` in septets for GSM-7 (€ counts 2), in UTF-16 code units for UCS-2."""

    length: int
    encoding: Encoding
    parts: int


def is_gsm7(text: str) -> bool:
    """Whether every character is in the default alphabet or its extension table."""
    return OUTSIDE.search(text) is None


def measure(text: str) -> Measure:
    """Return the encoding, length and parts of `text`; an empty text has no part."""
    if is_gsm7(text):
        units = _EXTENDED.sub(_ESCAPE + r"\g<0>", text)
        return Measure(len(units), Encoding.GSM_7, len(_cut(units, _ESCAPE, 160, 153)))
    units = _ASTRAL.sub(_SURROGATE + r"\g<0>", text)
    return Measure(len(units), Encoding.UCS_2, len(_cut(units, _SURROGATE, 70, 67)))


def split(text: str) -> list[str]:
    """Return the text of each part, in order; together they are `text`."""
    if is_gsm7(text):
        parts = _cut(_EXTENDED.sub(_ESCAPE + r"\g<0>", text), _ESCAPE, 160, 153)
        return [part.replace(_ESCAPE, "") for part in parts]
    parts = _cut(_ASTRAL.sub(_SURROGATE + r"\g<0>", text), _SURROGATE, 70, 67)
    return [part.replace(_SURROGATE, "") for part in parts]


def _cut(units: str, first_half: str, alone: int, joined: int) -> list[str]:
    """Cut into one part of up to `alone` units, or several of up to `joined`: their header takes the rest."""
    if len(units) <= alone:
        return [units] if units else []
    parts, start = [], 0
    while start < len(units):
        end = start + joined
        end -= units[end - 1 : end] == first_half
        parts.append(units[start:end])
        start = end
    return parts
