"""Texts in letters that cost less: without emojis, in a language's romanisation, or within GSM-7.

`texts` and `pieces` are imported where a text needs them: their tables take 60 ms to make, an eighth of the start of a
process, and most processes never see a text.
"""

from applications.rules.transliteration.alphabets import Alphabet, parse_alphabet
from applications.rules.transliteration.replacing import Piece, Transliteration

__all__ = ["Alphabet", "Piece", "Transliteration", "parse_alphabet"]
