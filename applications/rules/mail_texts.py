"""Texts that people wrote, such as names, as they stand in a mail."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 200  # characters; a name has at most 100
# What breaks a line, turns the direction of the text around it, or cannot be seen: a name must not write a mail.
_BARRED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
_JOINER: Final = "\u200d"  # which holds the parts of an emoji together
_RIGHT_TO_LEFT: Final = ("R", "AL")


def in_mail(text: str) -> str:
    """Return a text as one line that stays inside its place.

    What is written from right to left is isolated (Unicode TR 9), because mails in plain text have no <bdi>. An
    address in a name is not one that mail programs make a link of.
    """
    kept = "".join(part if part == _JOINER else _BARRED.sub(" ", part) for part in re.split("(\u200d)", text))
    line = " ".join(kept.split()).replace("://", "[:]//")[:LONGEST]
    if any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in line):
        return f"\u2068{line}\u2069"
    return line
