"""Greek by ELOT 743 (2nd edition, type 2: transcription), which is ISO 843:1997 type 2.

Accents are left out, as passports do, since most accented Latin letters are outside GSM-7.
"""

import unicodedata
from typing import Final

from applications.rules.transliteration.replacing import Replacer
from applications.rules.transliteration.romanising import LETTER, letters, romanisation, with_capitals

_BARE: Final = letters(
    "α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o"
)


def _marked() -> dict[str, str]:
    """Return each letter with accents, polytonic ones too, and the bare small letter under them."""
    found = {}
    for char in map(chr, (*range(0x0386, 0x03CF), *range(0x1F00, 0x2000))):
        base = unicodedata.normalize("NFD", char)[0].lower()
        if base != char.lower() and base in _BARE:
            found[char] = base
    return found


_MARKED: Final = _marked()


def _forms(bases: str) -> str:
    return bases + "".join(char for char, base in _MARKED.items() if base in bases)


# An accent on the first vowel, or a diaeresis, tells that the two are read apart: άυλος is aylos.
_YPSILON: Final = "".join(form for form in _forms("υ") if "\u0308" not in unicodedata.normalize("NFD", form))
_VOICED: Final = _forms("αεηιουω") + "βγδζλμνρ"

_RULES: Final = [
    *((f"{vowel}[{_YPSILON}](?=[{_VOICED}])", f"{_BARE[vowel]}v") for vowel in "αεη"),
    *((f"{vowel}[{_YPSILON}]", f"{_BARE[vowel]}f") for vowel in "αεη"),
    (f"ο[{_YPSILON}]", "ou"),
    ("γ(?=[γξχ])", "n"),
    (f"(?<!{LETTER})μπ|μπ(?!{LETTER})", "b"),
]

GREEK: Final[Replacer] = romanisation(
    {**with_capitals(_BARE), **{char: _BARE[base] for char, base in _MARKED.items()}}, _RULES
)
