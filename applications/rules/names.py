"""Names that people give to things."""

import re
import unicodedata
from typing import Self

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST = 100  # characters, as the columns have
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Control characters, halves of characters, and what turns the text around it to the other direction
REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def is_name(text: str) -> bool:
    """Whether `text`, which may be empty, fits as a name: on one line and not too long."""
    return len(text) <= LONGEST and not CONTROL.search(text)


class Name(str):
    """A name that is not empty, on one line, of at most 100 characters. InvalidParam("name") for another text."""

    __slots__ = ()

    def __new__(cls, typed: str) -> Self:
        text = typed.strip()
        if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
            raise InvalidParam("name", _("Write a name."))
        if len(text) > LONGEST or REFUSED.search(text):
            raise InvalidParam("name", _("Give a name of at most 100 characters on one line."))
        return super().__new__(cls, text)
