"""Every character outside GSM-7 as its nearest in it, whatever the language; ? where there is none."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

from applications.rules.gsm7 import GSM7, OUTSIDE
from applications.rules.transliteration.emojis import SEQUENCE
from applications.rules.transliteration.replacing import Replacer, is_shouted
from applications.rules.transliteration.romanising import letters

NOTHING_NEAR: Final = "?"

# Where anyascii has another view: it writes « as <<, ≠ as =, and a currency as one letter or a word.
_CHOSEN: Final = {
    **dict.fromkeys("«»„“”‟〝〞", '"'),
    **dict.fromkeys("‹›`", "'"),
    **dict.fromkeys("\x85\u2028\u2029", "\n"),
    "\t": " ",
    **letters(
        "×:x ¬:- ≠:!= →:-> ←:<- ⇒:=> ₽:RUB ₴:UAH ₺:TL ₩:KRW ₫:VND ₪:ILS ₸:KZT ₾:GEL ₼:AZN ₦:NGN ₱:PHP "
        "฿:THB ₡:CRC ₲:PYG ₮:MNT ₭:LAK"
    ),
}

# GSM-7 has the ten Greek capitals that no Latin one looks like, so that Greek in capitals is written
# with it: ΑΘΗΝΑ is AΘHNA and looks the same. Among small letters these capitals are spelled by sound.
_LOOKALIKES: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΆΈΉΊΌΎΪΫ", "ABEZHIKMNOPTYXAEHIOYIY", strict=True))
_SMALL_GREEK: Final = "α-ωά-ώΐΰϊϋ"

# Characters that are not seen (Default_Ignorable_Code_Point of Unicode, those that are assigned): joiners, marks
# of direction, variation selectors, fillers, tags. anyascii spells the tags.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\U000e0100-\U000e01ef]"
)

_STROKE: Final = "0338"  # through a sign it means "not": ≮ without it would say the opposite


def _nearest(char: str) -> str:
    if char in GSM7:
        return char
    if char in _CHOSEN:
        return _CHOSEN[char]
    if _UNSEEN.match(char):
        return ""
    category = unicodedata.category(char)
    if category in {"Cc", "Cn", "Co", "Cs"} or _STROKE in unicodedata.decomposition(char):
        return NOTHING_NEAR
    return _under_marks(char) or _spelled(char) or ("" if category in {"Mn", "Me", "Cf"} else NOTHING_NEAR)


def _under_marks(char: str) -> str:
    """Return the character of GSM-7 that is left when marks are taken off one by one: ế → e, ǟ → ä."""
    while decomposition := unicodedata.decomposition(char):
        if decomposition.startswith("<"):
            break
        char = chr(int(decomposition.split()[0], 16))
        if char in GSM7:
            return char
    return ""


def _spelled(char: str) -> str:
    latin = anyascii(char)
    if len(latin) > 2 and latin.startswith(":") and latin.endswith(":"):
        return NOTHING_NEAR  # the name of an emoji, as :grinning:
    return "".join(letter if letter in GSM7 else _CHOSEN.get(letter, NOTHING_NEAR) for letter in latin)


class _Nearest(dict[int, str]):
    """The table of str.translate, filled as characters are met; what has no nearest takes no room."""

    def __missing__(self, code: int) -> str:
        found = _nearest(chr(code))
        if found != NOTHING_NEAR:
            self[code] = found
        return found


_TABLE: Final = _Nearest({ord(char): char for char in GSM7})

# Latin, Greek, Cyrillic, Armenian and Georgian: Щ is Shch, and SHCH among capitals.
_WIDE: Final = "".join(
    char
    for char in map(chr, (*range(0x80, 0x590), *range(0x1C90, 0x1CC0), *range(0x1E00, 0x2000)))
    if char.isupper() and _nearest(char)[1:].islower()
)
_SPECIAL: Final = re.compile(
    f"({SEQUENCE})|(?<![{_SMALL_GREEK}])([{''.join(_LOOKALIKES)}])(?![{_SMALL_GREEK}])|([{_WIDE}])"
)


def _spell(match: re.Match[str]) -> str:
    found = match.group()
    if match.lastindex == 1:
        return _spell_emoji(found)
    if match.lastindex == 2:
        return _LOOKALIKES[found]
    latin = _TABLE[ord(found)]
    return latin.upper() if is_shouted(match.string, match.start()) else latin


def _spell_emoji(sequence: str) -> str:
    """Return one ? for a whole emoji, or what it is a picture of where that is one character: 1️⃣ → 1."""
    pictured = sequence.rstrip("\ufe0e\ufe0f\u20e3\u200d")
    return _TABLE[ord(pictured)] if len(pictured) == 1 else NOTHING_NEAR


NEAREST: Final[Replacer] = Replacer(
    counted=re.compile(f"{SEQUENCE}|{OUTSIDE.pattern}"), special=_SPECIAL, spell=_spell, table=_TABLE
)
