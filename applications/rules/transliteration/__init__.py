"""Texts in letters that cost less: without emojis, in a language's romanisation, or within GSM-7."""

from applications.rules.transliteration.alphabets import Alphabet, parse_alphabet
from applications.rules.transliteration.pieces import pieces
from applications.rules.transliteration.replacing import Piece
from applications.rules.transliteration.texts import Transliteration, transliterate

__all__ = ["Alphabet", "Piece", "Transliteration", "parse_alphabet", "pieces", "transliterate"]
