"""The alphabets that can be chosen, in the words of the platform's API."""

from enum import StrEnum

from django.utils.translation import gettext as _

from applications.errors import InvalidParam


class Alphabet(StrEnum):
    """What is replaced: nothing, everything outside GSM-7, or the letters of one language."""

    NONE = "NONE"
    NON_GSM = "NON_GSM"
    POLISH = "POLISH"
    TURKISH = "TURKISH"
    GREEK = "GREEK"
    ROMANIAN = "ROMANIAN"
    RUSSIAN_CYRILLIC = "RUSSIAN_CYRILLIC"
    BULGARIAN_CYRILLIC = "BULGARIAN_CYRILLIC"
    UKRAINIAN_CYRILLIC = "UKRAINIAN_CYRILLIC"
    BELARUSIAN_CYRILLIC = "BELARUSIAN_CYRILLIC"
    SERBIAN_CYRILLIC = "SERBIAN_CYRILLIC"
    MACEDONIAN_CYRILLIC = "MACEDONIAN_CYRILLIC"


def parse_alphabet(value: str, param: str = "alphabet") -> Alphabet:
    """Return the alphabet called `value`. Raises InvalidParam, which lists them all."""
    try:
        return Alphabet(value)
    except ValueError:
        message = _("There is no such alphabet. It is one of {known}.").format(known=", ".join(Alphabet))
        raise InvalidParam(param, message) from None
