"""A text piece by piece, for showing what became of each character."""

from collections import deque
from collections.abc import Iterable, Iterator

from applications.rules.transliteration import emojis
from applications.rules.transliteration.alphabets import Alphabet
from applications.rules.transliteration.replacers import REPLACERS
from applications.rules.transliteration.replacing import Piece
from applications.rules.transliteration.texts import composed


def pieces(text: str, alphabet: Alphabet, *, remove_emojis: bool = False) -> list[Piece]:
    """Return the text in pieces, kept, replaced and removed ones.

    Their `after` together are the text that `transliterate` returns; this is slower, and for people.
    """
    text = composed(text, alphabet)
    removals = list(_removals(text)) if remove_emojis else []
    left = composed(emojis.REMOVED.sub("", text), alphabet) if removals else text
    replacer = REPLACERS.get(alphabet)
    return list(_woven(replacer.pieces(left) if replacer else [Piece(left, left)], removals))


def _removals(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is removed, each with its place in the text that is left."""
    gone = 0
    for match in emojis.REMOVED.finditer(text):
        yield match.start() - gone, match.group()
        gone += len(match.group())


def _woven(left: Iterable[Piece], removals: list[tuple[int, str]]) -> Iterator[Piece]:
    """Yield the pieces of the text that is left, and between them those that are removed."""
    place, waiting = 0, deque(removals)
    for piece in left:
        for part in _cut(piece, [at - place for at, _ in waiting]):
            while waiting and waiting[0][0] <= place:
                yield Piece(waiting.popleft()[1], "")
            yield part
            place += len(part.before)
    yield from (Piece(emoji, "") for _, emoji in waiting)


def _cut(piece: Piece, places: list[int]) -> Iterator[Piece]:
    """Yield a kept piece cut at `places`; a replaced one stays whole."""
    if piece.before != piece.after:
        yield piece
        return
    inside = sorted({place for place in places if 0 < place < len(piece.before)})
    for start, end in zip([0, *inside], [*inside, len(piece.before)], strict=True):
        if start < end:
            yield Piece(piece.before[start:end], piece.after[start:end])
