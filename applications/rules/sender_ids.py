"""Sender IDs: a name of 3 to 11 characters, or a number of 3 to 15 digits."""

import re
from typing import Final, Self

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._&-]{3,11}")
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_DIGITS: Final = re.compile(r"\+?[0-9]+")


def is_alphanumeric(sender: str) -> bool:
    """Whether `sender` is a name, to which nobody can reply."""
    return _NAME.fullmatch(sender) is not None


def problem(sender: str) -> str | None:
    """Return a sentence that says what is wrong and what is allowed, or None for a good sender ID."""
    if _NAME.fullmatch(sender) or _NUMBER.fullmatch(sender):
        return None
    if any(char.isspace() for char in sender):
        return _("A sender ID has no spaces: 3 to 11 letters A to Z, digits and - _ . &, or a number.")
    if _DIGITS.fullmatch(sender):
        return _("A sender ID that is a number has 3 to 15 digits, with or without a + before them.")
    return _("A sender ID has 3 to 11 letters A to Z, digits and - _ . &, with at least one letter.")


class SenderId(str):
    """A good sender ID; made of any text, or InvalidParam is raised with what is wrong and what is allowed."""

    __slots__ = ()

    def __new__(cls, sender: str, param: str = "from") -> Self:
        if found := problem(sender):
            raise InvalidParam(param, found)
        return super().__new__(cls, sender)
