"""Greek by ELOT 743 (2nd edition, type 2: transcription), which is ISO 843:1997 type 2.

Accents are left out, as passports do, since most accented Latin letters are outside GSM-7.
"""

import unicodedata
from typing import Final

from applications.rules.transliteration.replacing import Replacer
from applications.rules.transliteration.romanising import LETTER, romanisation, with_capitals

_DIAERESIS = "\u0308"


def _accented() -> dict[str, str]:
    """Return each accented letter, polytonic ones too, with the bare small letter under its marks."""
    found = {}
    for code in (*range(0x0386, 0x03CF), *range(0x1F00, 0x2000)):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if base != chr(code).lower() and base in _LETTERS:
            found[chr(code)] = base
    return found


_LETTERS = dict(
    pair.split(":")
    for pair in (
        "α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o"
    ).split()
)
_ACCENTED = _accented()
_TABLE = {**{letter: _LETTERS[base] for letter, base in _ACCENTED.items()}, **with_capitals(_LETTERS)}


def _forms(bases: str) -> str:
    return bases + "".join(letter for letter, base in _ACCENTED.items() if base in bases)


# An accent on the first vowel, or a diaeresis, tells that the two are read apart: άυλος is aylos.
_YPSILON = "".join(form for form in _forms("υ") if _DIAERESIS not in unicodedata.normalize("NFD", form))
_VOICED = _forms("αεηιουω") + "βγδζλμνρ"

_RULES = [
    *(
        rule
        for vowel, latin in (("α", "a"), ("ε", "e"), ("η", "i"))
        for rule in (
            (f"{vowel}[{_YPSILON}](?=[{_VOICED}])", f"{latin}v"),
            (f"{vowel}[{_YPSILON}]", f"{latin}f"),
        )
    ),
    (f"ο[{_YPSILON}]", "ou"),
    ("γ(?=[γξχ])", "n"),
    (f"(?<!{LETTER})μπ|μπ(?!{LETTER})", "b"),
]

GREEK: Final[Replacer] = romanisation(_TABLE, _RULES)
