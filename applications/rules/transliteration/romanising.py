"""A language's romanisation as a Replacer: a table of letters, and rules for letters in certain places."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

from applications.rules.transliteration.replacing import APOSTROPHES, Replacer, is_shouted

LETTER = r"[^\W\d_]"
MARKS: Final = "".join(
    char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char) in {"Mn", "Me"}
)
"""Combining marks, which change a letter and take no place of their own."""

type Rules = Sequence[tuple[str, str]]
"""Regular expressions without groups, in small letters, with what is written for a match."""


def letters(table: str) -> dict[str, str]:
    """Read a table of `letter:latin` words; a letter without Latin is left out of the text."""
    pairs = (word.partition(":") for word in table.split())
    return {letter: latin for letter, _, latin in pairs}


def with_capitals(small: dict[str, str]) -> dict[str, str]:
    """Return the table with the capitals of its letters, written alike; I, the capital of ı, needs none."""
    capitals = {letter.upper(): latin for letter, latin in small.items()}
    return {**{letter: latin for letter, latin in capitals.items() if not letter.isascii()}, **small}


def with_accents(known: dict[str, str], besides: str = "") -> dict[str, str]:
    """Return the table with its letters under accents, as far as those are one character: ѝ as и, ắ as ă.

    `besides` are small letters that look so, and are letters of their own.
    """
    composed = map(chr, (*range(0xC0, 0x250), *range(0x400, 0x530), *range(0x1E00, 0x1F00)))
    accented = ((char, _under_accent(char, known)) for char in composed if char.lower() not in besides)
    return {**{char: known[letter] for char, letter in accented if letter}, **known}


def _under_accent(char: str, known: dict[str, str]) -> str | None:
    apart = unicodedata.normalize("NFD", char)
    candidates = (apart[0], *(unicodedata.normalize("NFC", apart[0] + mark) for mark in apart[1:]))
    return next((letter for letter in candidates if letter in known), None)


def romanisation(
    table: dict[str, str], rules: Rules = (), *, drops_apostrophe: bool = False, marked: str = "(?!)"
) -> Replacer:
    """Return the Replacer of a language.

    `table` gives the small Latin for each letter, capitals included; a capital is then written as
    its surroundings are. With `drops_apostrophe` an apostrophe between two of the letters is left out.
    `marked` finds letters with marks that have no composed form; there are rules for them.
    """
    inside = "".join(table)
    apostrophe = f"(?<=[{inside}])[{APOSTROPHES}](?=[{inside}])"
    if drops_apostrophe:
        rules = [*rules, (apostrophe, "")]
    wide = "".join(letter for letter, latin in table.items() if letter != letter.lower() and len(latin) > 1)
    patterns = [*(pattern for pattern, _ in rules), f"(?-i:[{wide}])" if wide else "(?!)"]
    written = [latin for _, latin in rules]

    def spell(match: re.Match[str]) -> str:
        found, rule = match.group(), (match.lastindex or 0) - 1
        latin = written[rule] if rule < len(written) else table[found]
        if found == found.lower():
            return latin
        return latin.upper() if is_shouted(match.string, match.start()) else latin.capitalize()

    return Replacer(
        counted=re.compile(f"[{inside}]|{marked}" + (f"|{apostrophe}" if drops_apostrophe else "")),
        special=re.compile(f"(?i:{'|'.join(f'({pattern})' for pattern in patterns)})"),
        spell=spell,
        table={
            ord(letter): latin if letter == letter.lower() else latin.capitalize()
            for letter, latin in table.items()
        },
    )


def without_marks(text: str, replacer: Replacer) -> str:
    """Return the text without the combining marks on letters of the language.

    A mark that no composed letter has, as the stress in Russian о́, goes with its letter. Left alone it
    would land on the Latin letter, and could make that one a letter of the language again (ż́ → ź).
    """
    return _with_marks(replacer.counted).sub(r"\1", text)


@cache
def _with_marks(counted: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(f"({counted.pattern})[{MARKS}]+")
