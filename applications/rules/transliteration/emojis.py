"""Emojis as people see them: a family, a flag or a keycap is one, whatever it is made of (UTS #51)."""

import re
from collections import Counter
from typing import Final

from emoji import EMOJI_DATA

KEPT: Final = "©®™"  # Unicode counts them as emojis; in a text they are legal signs

_BASES = re.escape("".join(sorted(key for key in EMOJI_DATA if len(key) == 1 and key not in KEPT)))
_JOINER = "\u200d"
_SELECTORS = "\ufe0e\ufe0f"
_KEYCAP = "\u20e3"
_TAGS = "\U000e0020-\U000e007f"
# Arabic to Mongolian: the scripts in which a joiner after a letter shapes it and belongs to the spelling.
_JOINING_LETTERS = "\u0600-\u18af"

_FLAG = "[\U0001f1e6-\U0001f1ff]{1,2}"
_KEY = f"[0-9#*]\ufe0f?{_KEYCAP}"
# Looking ahead for a wide range first keeps digits and letters away from the long list.
_PICTURE = f"(?=[\u203c-\U0001faff])[{_BASES}][{_SELECTORS}\U0001f3fb-\U0001f3ff]*{_KEYCAP}?[{_TAGS}]*"
_ELEMENT = f"(?:{_FLAG}|{_KEY}|{_PICTURE})"

SEQUENCE: Final = f"(?=[0-9#*\u203c-\U0001faff]){_ELEMENT}(?:{_JOINER}+{_ELEMENT})*[{_JOINER}{_SELECTORS}]*"
"""Regular expression of one whole emoji, without groups."""

_STRAY = (
    f"[{_SELECTORS}{_KEYCAP}{_TAGS}]"
    f"|(?<![{_JOINING_LETTERS}]){_JOINER}|{_JOINER}(?=[{_BASES}\U0001f1e6-\U0001f1ff])"
)

ANY: Final = re.compile("[\u200d\u203c-\U000e007f]")
"""Finds something in every text that has an emoji or a rest of one, and in few others; quick."""

REMOVED: Final = re.compile(f"(?=[0-9#*\u200d\u203c-\U000e007f])(?:{_STRAY}|({SEQUENCE}))")
"""Whole emojis, as the group, and joiners, selectors, keycaps and tags that were left over from some."""


def remove(text: str) -> tuple[str, dict[str, int]]:
    """Return the text without emojis, and those it had, each whole, with how often."""
    found: Counter[str] = Counter()

    def take(match: re.Match[str]) -> str:
        if match.lastindex:
            found[match.group()] += 1
        return ""

    return REMOVED.sub(take, text), dict(found)
