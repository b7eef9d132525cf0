"""A text in another alphabet, and what was replaced for it."""

import unicodedata

from applications.rules.transliteration import emojis
from applications.rules.transliteration.alphabets import Alphabet
from applications.rules.transliteration.replacers import LANGUAGES, REPLACERS
from applications.rules.transliteration.replacing import Transliteration
from applications.rules.transliteration.romanising import without_marks


def transliterate(text: str, alphabet: Alphabet, *, remove_emojis: bool = False) -> Transliteration:
    """Return `text` in `alphabet`, emojis first taken out where that is asked for.

    A language's alphabet replaces the letters of that language, decomposed ones too, and nothing else.
    NON_GSM replaces everything outside GSM-7. NONE replaces nothing. Doing it twice changes no more.
    """
    removed: dict[str, int] = {}
    if remove_emojis and emojis.ANY.search(text):
        text, removed = emojis.remove(text)
    text = composed(text, alphabet)
    replacer = REPLACERS.get(alphabet)
    replaced = replacer.count(text) if replacer else {}
    if replacer and replaced:
        text = unicodedata.normalize("NFC", replacer.replace(text))
    return Transliteration(text, replaced, removed)


def composed(text: str, alphabet: Alphabet) -> str:
    """Return the text as the tables of `alphabet` know it: letters composed (NFC), no loose marks."""
    if alphabet is Alphabet.NONE:
        return text
    whole = unicodedata.normalize("NFC", text)
    return without_marks(whole, LANGUAGES[alphabet]) if alphabet in LANGUAGES else whole
