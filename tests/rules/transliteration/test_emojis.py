"""Emojis are removed whole, whatever they are made of, and nothing else is."""

import pytest
from emoji import EMOJI_DATA

from applications.rules.transliteration import Alphabet
from applications.rules.transliteration.texts import transliterate


def without(text: str) -> str:
    return transliterate(text, Alphabet.NONE, remove_emojis=True).text


SIGNS = {"©", "®", "™", "©️", "®️", "™️"}


def test_every_emoji_that_unicode_recommends() -> None:
    left = {emoji: without(f"a{emoji}b") for emoji in EMOJI_DATA if emoji not in SIGNS}
    assert {emoji: text for emoji, text in left.items() if text != "ab"} == {}


def test_every_emoji_is_one() -> None:
    for emoji in EMOJI_DATA.keys() - SIGNS:
        assert transliterate(f"a{emoji}b", Alphabet.NONE, remove_emojis=True).removed == {emoji: 1}


@pytest.mark.parametrize(
    "emoji",
    [
        "👨‍👩‍👧‍👦",
        "👩🏽‍❤️‍💋‍👨🏿",
        "🧑🏾‍🚀",
        "🇵🇱",
        "🇵",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "🏳️‍⚧️",
        "3️⃣",
        "3⃣",
        "*️⃣",
        "👋🏻",
        "🏻",
        "☎",
        "☎︎",
        "☎️",
        "👨‍🐍",  # joined as nobody recommends, shown side by side
        "👨‍",
        "‍👨",
        "👨‍‍👩",
        "👨️️",
    ],
)
def test_sequences(emoji: str) -> None:
    assert without(f"a {emoji} b") == "a  b"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\u200db", "ab"),
        ("a\ufe0fb", "ab"),
        ("1\ufe0f2", "12"),
        ("a\u20e3", "a"),
        ("1\u200d\u20e3", "1"),
        ("a\U000e0067\U000e007fb", "ab"),
        ("©️ ®️ ™️", "© ® ™"),
    ],
)
def test_rests_of_sequences(text: str, left: str) -> None:
    assert without(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "© ® ™ 123 # * 1.",
        "“quotes” – … • № € ₽ → ≠ ½ ★ ✓ ─ █ ①",
        "Привет, cześć, 你好, שלום",
        "क्‍ष ක්‍ර می‌خواهم",  # joiners that spell: Hindi, Sinhala, Persian
        "e\u0301",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert without(text) == text


def test_emojis_go_before_letters_are_replaced() -> None:
    made = transliterate("Bună 📦📦 🇷🇴", Alphabet.ROMANIAN, remove_emojis=True)
    assert (made.text, made.replaced, made.removed) == ("Buna  ", {"ă": 1}, {"📦": 2, "🇷🇴": 1})
    assert transliterate("😀 ™", Alphabet.NON_GSM, remove_emojis=True).text == " TM"
    assert transliterate("З😀г", Alphabet.UKRAINIAN_CYRILLIC, remove_emojis=True).text == "Zgh"


def test_emojis_stay_unless_asked() -> None:
    assert transliterate("Bună 📦", Alphabet.ROMANIAN).text == "Buna 📦"
