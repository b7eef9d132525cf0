"""What each alphabet replaces."""

from typing import Final

from applications.rules.transliteration import cyrillic, latin
from applications.rules.transliteration.alphabets import Alphabet
from applications.rules.transliteration.greek import GREEK
from applications.rules.transliteration.nearest import NEAREST
from applications.rules.transliteration.replacing import Replacer

LANGUAGES: Final[dict[Alphabet, Replacer]] = {
    Alphabet.POLISH: latin.POLISH,
    Alphabet.TURKISH: latin.TURKISH,
    Alphabet.GREEK: GREEK,
    Alphabet.ROMANIAN: latin.ROMANIAN,
    Alphabet.RUSSIAN_CYRILLIC: cyrillic.RUSSIAN,
    Alphabet.BULGARIAN_CYRILLIC: cyrillic.BULGARIAN,
    Alphabet.UKRAINIAN_CYRILLIC: cyrillic.UKRAINIAN,
    Alphabet.BELARUSIAN_CYRILLIC: cyrillic.BELARUSIAN,
    Alphabet.SERBIAN_CYRILLIC: cyrillic.SERBIAN,
    Alphabet.MACEDONIAN_CYRILLIC: cyrillic.MACEDONIAN,
}

REPLACERS: Final[dict[Alphabet, Replacer]] = {Alphabet.NON_GSM: NEAREST, **LANGUAGES}
"""Every alphabet but NONE."""
