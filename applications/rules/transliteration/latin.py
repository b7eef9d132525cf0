"""Languages written in Latin letters: each of their own letters becomes the plain one under its mark.

Also where GSM-7 holds the letter (Turkish ö, ü and Ç): a text without Turkish letters reads evenly,
one with only some of them does not.
"""

from typing import Final

from applications.rules.transliteration.replacing import Replacer
from applications.rules.transliteration.romanising import (
    MARKS,
    Rules,
    romanisation,
    with_accents,
    with_capitals,
)

# Programs that do not know Turkish write the small letter of İ so: an i with a dot above it.
_DOTTED_I: Final = f"i\u0307[{MARKS}]*"


def _plain(letters: str, plain: str, rules: Rules = (), marked: str = "(?!)") -> Replacer:
    known = with_accents(with_capitals(dict(zip(letters, plain, strict=True))))
    return romanisation(known, rules, marked=marked)


POLISH: Final[Replacer] = _plain("ąćęłńóśźż", "acelnoszz")
TURKISH: Final[Replacer] = _plain("çğıİöşüâîû", "cgiiosuaiu", [(_DOTTED_I, "i")], marked=_DOTTED_I)
ROMANIAN: Final[Replacer] = _plain("ăâîșşțţ", "aaisstt")  # with comma below, and with the older cedilla
