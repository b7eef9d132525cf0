"""Short texts that people write about things: names and notes."""

import re
import unicodedata
from typing import ClassVar, Final, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam

LONGEST: Final = 100  # characters, as the columns have
# Control characters, line breaks among them, and lone surrogates, which could not even be stored.
_BARRED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What gives the text after it another direction, in the rest of a line too. Texts of messages may need it (`previews`);
# a line in Arabic or Hebrew does not, nor the marks U+200E, U+200F and U+061C, which are allowed.
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


class CleanLine(str):
    """One line of at most 100 characters, without white space around it; it may be empty.

    It stands in lists among the words of others, so it has nothing that is not seen and changes these.

    Made of any text, or InvalidParam is raised with a sentence that says what is wrong; so where one is, it is good.
    """

    __slots__ = ()
    param: ClassVar[str]
    words: ClassVar[Promise]

    def __new__(cls, text: str) -> Self:
        line = text.strip()
        if _BARRED.search(line):
            raise InvalidParam(cls.param, str(cls.words))
        if turning := _TURNING.search(line):
            message = _("U+{code} cannot be seen and turns the direction of the text after it. Leave it out.")
            raise InvalidParam(cls.param, message.format(code=f"{ord(turning[0]):04X}"))
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


class ProperName(Name):
    """The name of an account or a person: it can be seen."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        name = super().__new__(cls, text)
        if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
            raise InvalidParam(cls.param, _("Write a name."))
        return name


# --- Names among other words ----------------------------------------------------------------------

_FROM_THE_RIGHT: Final = {"R", "AL", "RLE", "RLO", "RLI"}  # classes of Unicode, UAX #9 section 3.2
_FROM_THE_LEFT: Final = {"L", "LRE", "LRO", "LRI"}
_KEYS: Final = "LNMPZ"  # categories of characters that keyboards have: letters, digits, marks, signs, spaces


def isolated(name: str) -> str:
    """Return a name for the middle of a plain text, such as a line of a mail (in HTML, <bdi> does the same).

    Letters that are written from right to left must not turn the words around them (UAX #9 section 2.4: FSI … PDI).
    """
    plain = _TURNING.sub("", name)
    turns = plain != name or any(unicodedata.bidirectional(each) in _FROM_THE_RIGHT for each in plain)
    return f"\u2068{plain}\u2069" if turns else name


def can_be_typed(name: str) -> bool:
    """Whether a person who reads the name can type it: it has a letter or digit, and all of it is seen.

    False for emojis, for invisible characters, and where the letters of two directions stand in another order than
    they are typed in.
    """
    line = unicodedata.normalize("NFC", " ".join(name.split()))
    categories = [unicodedata.category(each) for each in line]
    directions = {unicodedata.bidirectional(each) for each in line}
    if not any(category[0] in "LN" for category in categories):
        return False
    if directions & _FROM_THE_RIGHT and directions & _FROM_THE_LEFT:
        return False
    return all(category[0] in _KEYS or category in ("Sc", "Sm", "Sk") for category in categories) and not any(
        _is_blank(each) for each in line
    )


def same_words(typed: str, name: str) -> bool:
    """Whether what was typed is the name: white space as it is seen, accents however they are stored."""
    return _as_seen(typed) == _as_seen(name)


def _as_seen(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _is_blank(character: str) -> bool:
    """Letters and marks that show nothing: the fillers of Hangul, the blank of Braille, variation selectors."""
    return character in "\u115f\u1160\u3164\uffa0\u2800\u034f" or "\ufe00" <= character <= "\ufe0f"
