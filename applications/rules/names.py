"""Short texts that people write about things: names and notes."""

import re
from typing import ClassVar, Final, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam

LONGEST: Final = 100  # characters, as the columns have
# Control characters, line breaks among them, and lone surrogates, which could not even be stored.
_BARRED: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class CleanLine(str):
    """One line of at most 100 characters, without white space around it; it may be empty.

    Made of any text, or InvalidParam is raised with a sentence that says what is wrong; so where one is, it is good.
    """

    __slots__ = ()
    param: ClassVar[str]
    words: ClassVar[Promise]

    def __new__(cls, text: str) -> Self:
        line = text.strip()
        if _BARRED.search(line):
            raise InvalidParam(cls.param, str(cls.words))
        if len(line) > LONGEST:
            message = _("Ensure this value has at most {most} characters (it has {number}).")
            raise InvalidParam(cls.param, message.format(most=LONGEST, number=len(line)))
        return super().__new__(cls, line)


class Name(CleanLine):
    """What people call a thing."""

    __slots__ = ()
    param = "name"
    words = _lazy("A name is one line, without control characters.")


class Note(CleanLine):
    """What people write beside a line of a list."""

    __slots__ = ()
    param = "note"
    words = _lazy("A note is one line, without control characters.")
