"""How characters are replaced: fast for sending, piece by piece for showing."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

APOSTROPHES = "'’ʼ`´‘‛′ʹʻʽˈ＇"  # the three of the orthographies, and what keyboards and programs put for them


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text before and after; equal where nothing was replaced, `after` empty where removed."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Transliteration:
    """A text after replacing; each replaced character and each removed emoji with how often it was there."""

    text: str
    replaced: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replacer:
    """A set of replacements.

    `special` finds what depends on its surroundings and `spell` writes it; `table` has all other
    characters (of str.translate); `counted` finds everything that changes, without groups.
    """

    counted: re.Pattern[str]
    special: re.Pattern[str]
    spell: Callable[[re.Match[str]], str]
    table: Mapping[int, str]

    def replace(self, text: str) -> str:
        """Return the text with everything replaced."""
        return self.special.sub(self.spell, text).translate(self.table)

    def count(self, text: str) -> dict[str, int]:
        """Return what would be replaced and how often."""
        return dict(Counter(self.counted.findall(text)))

    def pieces(self, text: str) -> Iterator[Piece]:
        """Yield the text in pieces, each replacement one of them; their `after` make up `replace(text)`."""
        done = 0
        for match in re.finditer(f"{self.special.pattern}|{self.counted.pattern}", text):
            if done < match.start():
                yield Piece(text[done : match.start()], text[done : match.start()])
            yield Piece(match.group(), self._written(match))
            done = match.end()
        if done < len(text):
            yield Piece(text[done:], text[done:])

    def _written(self, match: re.Match[str]) -> str:
        special = self.special.match(match.string, match.start())
        return self.spell(special) if special else match.group().translate(self.table)


def is_shouted(text: str, start: int) -> bool:
    """Whether the capital at `start` stands among capitals, so that Θ is TH in ΑΘΗΝΑ and Th in Θήβα.

    The next letter decides, then the one before; a word of one letter follows the words beside it.
    """
    after = text[start + 1 : start + 2]
    if after.isalpha():
        return after.isupper()
    before = text[max(0, start - 2) : start].rstrip(APOSTROPHES)[-1:]
    if before.isalpha():
        return before.isupper()
    return _is_capitals(text[start + 2 : start + 4]) or _is_capitals(
        text[max(0, start - 3) : max(0, start - 1)]
    )


def _is_capitals(two: str) -> bool:
    return len(two) == 2 and two.isalpha() and two.isupper()
