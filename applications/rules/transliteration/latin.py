"""Languages written in Latin letters: each of their own letters becomes the plain one under its mark.

Also where GSM-7 holds the letter (Turkish ö, ü and Ç): a text without Turkish letters reads evenly,
one with only some of them does not.
"""

from typing import Final

from applications.rules.transliteration.replacing import Replacer
from applications.rules.transliteration.romanising import romanisation, with_capitals


def _plain(letters: str, plain: str) -> Replacer:
    return romanisation(with_capitals(dict(zip(letters, plain, strict=True))))


POLISH: Final[Replacer] = _plain("ąćęłńóśźż", "acelnoszz")
TURKISH: Final[Replacer] = _plain("çğıİöşüâîû", "cgiiosuaiu")
ROMANIAN: Final[Replacer] = _plain("ăâîșşțţ", "aaisstt")  # with comma below, and with the older cedilla
