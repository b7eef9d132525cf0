"""Emojis as people see them: a family, a flag or a keycap is one, however many code points it has (UTS #51)."""

import re
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
_PICTURE = f"[{_BASES}][{_SELECTORS}\U0001f3fb-\U0001f3ff]*{_KEYCAP}?[{_TAGS}]*"
_ELEMENT = f"(?:{_FLAG}|{_KEY}|{_PICTURE})"

SEQUENCE: Final = f"{_ELEMENT}(?:{_JOINER}+{_ELEMENT})*[{_JOINER}{_SELECTORS}]*"
"""Regular expression of one whole emoji, without groups."""

_STRAY = (
    f"[{_SELECTORS}{_KEYCAP}{_TAGS}]"
    f"|(?<![{_JOINING_LETTERS}]){_JOINER}|{_JOINER}(?=[{_BASES}\U0001f1e6-\U0001f1ff])"
)

REMOVED: Final = re.compile(f"{SEQUENCE}|{_STRAY}")
"""Whole emojis, and joiners, selectors, keycaps and tags that were left over from some."""
