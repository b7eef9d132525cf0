"""NON_GSM: what GSM-7 holds stays, everything else becomes the nearest it has, or a question mark."""

import pytest

from applications.rules.gsm7 import BASIC, EXTENSION
from applications.rules.transliteration import Alphabet, Transliteration
from applications.rules.transliteration.texts import transliterate


def nearest(text: str) -> str:
    return transliterate(text, Alphabet.NON_GSM).text


def test_gsm7_stays() -> None:
    assert transliterate(BASIC + EXTENSION, Alphabet.NON_GSM) == Transliteration(BASIC + EXTENSION)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Hello” ‘you’ «x» ‹y› „z“ `w`", "\"Hello\" 'you' \"x\" 'y' \"z\" 'w'"),
        ("a–b—c‐d‑e−f", "a-b-c-d-e-f"),
        ("wait… ·", "wait... -"),
        ("a\xa0b\u2009c\u3000d\te", "a b c d e"),
        ("a\u200bb\u00adc\ufeffd\u200de", "abcde"),
        ("a\u2028b\u2029c\x85d", "a\nb\nc\nd"),
        ("áíóúýêëîïôûõâãÁÍÓÚ", "aiouyeeiiouoaaAIOU"),
        ("çÇ ñ ü ö ä ß é è à ù ì ò å ø æ", "cÇ ñ ü ö ä ß é è à ù ì ò å ø æ"),
        ("čšžćđ ąęłńśźż ășțâî şğıİ őű ěřů", "cszcd aelnszz astai sgiI ou eru"),
        ("e\u0301 u\u0308 c\u0327 a\u030a", "é ü c å"),  # decomposed: composed first, then looked up
        ("ế ǟ ḉ Ḉ ǻ ấ", "e ä c Ç å a"),  # marks are taken off one by one
        ("x\u0301y\u0591", "xy"),  # a mark that is in no composed letter
        ("© ® ™ № ½ ² ℃ ﬁ Ⅻ", "(C) (R) TM No 1/2 2 C fi XII"),
        ("× ÷ ≠ ≤ ≥ → ← ≮", "x / != <= >= -> <- ?"),
        ("100₽ 5₴ 3₺ 2₹ 1₿ 9€ 8£ 7¥ 6¤", "100RUB 5UAH 3TL 2Rs 1BTC 9€ 8£ 7¥ 6¤"),
        ("Привет", "Privet"),
        ("Αθήνα", "Athina"),
        ("你好", "NiHao"),
        ("ＡＢＣ 𝐀𝐁 ①", "ABC AB 1"),
        ("a\U000e0067\U000e0001\U000e007fb\U000e0101c", "abc"),  # tags, and a variation selector
        ("a\u202eb\u2066c\u061cd\u034fe\u180ef\u3164g\u115fh\u17b4i", "abcdefghi"),
        ("\x00\x07\x1b\x7f", "????"),
        ("\ue000\U0010fffd\U000e0fff\ud800", "????"),
    ],
)
def test_nearest(text: str, expected: str) -> None:
    assert nearest(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ЩУКА Щука щука", "SHCHUKA Shchuka shchuka"),
        ("Œuvre ŒUVRE œuvre", "Oeuvre OEUVRE oeuvre"),
        ("Þór ÞÓR", "Thor THOR"),
        ("ՇՈՒՆ", "SHOWN"),
    ],
)
def test_wide_capitals(text: str, expected: str) -> None:
    assert nearest(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The Greek capitals of GSM-7 stay, and beside them those that look like Latin ones become those.
        ("ΑΘΗΝΑ", "AΘHNA"),
        ("ΚΑΛΗ ΜΈΡΑ", "KAΛH MEPA"),
        ("ΧΡΥΣΉ ΏΡΑ", "XPYΣH ΩPA"),
        ("Η Χίος", "H Chios"),
        ("Ρόδος", "Rodos"),
    ],
)
def test_greek_in_capitals_looks_the_same(text: str, expected: str) -> None:
    assert nearest(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("😀", "?"),
        ("a😀😀b", "a??b"),
        ("👨‍👩‍👧‍👦!", "?!"),
        ("👍🏽 🇵🇱 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ 🏳️‍🌈", "? ? ? ? ?"),
        ("1️⃣ #️⃣ ‼ ℹ️ ™️ Ⓜ️", "1 # !! i TM M"),
        ("★ ✓ ✗", "* v x"),
    ],
)
def test_emojis_are_one_character_each(text: str, expected: str) -> None:
    assert nearest(text) == expected


def test_counted_whole() -> None:
    made = transliterate("ăă 👨‍👩‍👧 “é” 👨‍👩‍👧", Alphabet.NON_GSM)
    assert made.text == 'aa ? "é" ?'
    assert made.replaced == {"ă": 2, "👨‍👩‍👧": 2, "“": 1, "”": 1}
