"""A text piece by piece, as the preview marks it."""

from applications.rules.transliteration import Alphabet, Piece
from applications.rules.transliteration.pieces import pieces


def kept(text: str) -> Piece:
    return Piece(text, text)


def test_replaced_and_removed() -> None:
    assert pieces("Bună 📦 ziua 📦📦!", Alphabet.ROMANIAN, remove_emojis=True) == [
        *(kept("Bun"), Piece("ă", "a"), kept(" "), Piece("📦", ""), kept(" ziua ")),
        *(Piece("📦", ""), Piece("📦", ""), kept("!")),
    ]


def test_letters_that_are_read_together_are_one_piece() -> None:
    assert pieces("Згуба", Alphabet.UKRAINIAN_CYRILLIC)[0] == Piece("Зг", "Zgh")
    assert pieces("αυτά", Alphabet.GREEK) == [
        *(Piece("αυ", "af"), Piece("τ", "t"), Piece("ά", "a")),
    ]


def test_letters_left_out_are_pieces_without_text() -> None:
    assert pieces("М'який", Alphabet.UKRAINIAN_CYRILLIC)[:3] == [
        *(Piece("М", "M"), Piece("'", ""), Piece("я", "ia")),
    ]


def test_case_is_that_of_the_whole_text() -> None:
    assert [piece.after for piece in pieces("ЩІ Щі", Alphabet.UKRAINIAN_CYRILLIC)] == [
        "SHCH",
        "I",
        " ",
        "Shch",
        "i",
    ]


def test_nothing_replaced() -> None:
    assert pieces("plain", Alphabet.NON_GSM, remove_emojis=True) == [kept("plain")]
    assert pieces("👋hi👋", Alphabet.NONE, remove_emojis=True) == [
        Piece("👋", ""),
        kept("hi"),
        Piece("👋", ""),
    ]
    assert pieces("👋", Alphabet.NONE) == [kept("👋")]
    assert pieces("", Alphabet.GREEK, remove_emojis=True) == []


def test_nearest() -> None:
    assert pieces("“é” 👨‍👩‍👧", Alphabet.NON_GSM) == [
        *(Piece("“", '"'), kept("é"), Piece("”", '"'), kept(" "), Piece("👨‍👩‍👧", "?")),
    ]
