"""Encoding, length and parts, to the character at which the next part begins."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applications.rules.gsm7 import BASIC, EXTENSION, Encoding, Measure, is_gsm7, measure, split

TEXTS = st.text(
    st.one_of(st.sampled_from(BASIC + EXTENSION), st.sampled_from("ąЖ你😀🇵"), st.characters(codec="utf-8"))
)
LONG = st.builds(lambda text, times: text * times, TEXTS, st.integers(1, 60))
LONG_GSM7 = st.text(st.sampled_from("aé€[|"), min_size=100, max_size=900)
LONG_UCS2 = st.text(st.sampled_from("ąж😀"), min_size=50, max_size=500)


def test_alphabet_is_that_of_the_standard() -> None:
    assert len(BASIC) == len(set(BASIC)) == 127  # 128 positions, one of them the escape
    assert len(EXTENSION) == len(set(EXTENSION)) == 10
    assert BASIC[0x09] == "Ç"
    assert [BASIC[at] for at in (0x00, 0x10, 0x1A)] == ["@", "Δ", "Ξ"]


@pytest.mark.parametrize("char", "@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r\f^{}\\[~]|€")
def test_characters_of_gsm7(char: str) -> None:
    assert is_gsm7(char)


@pytest.mark.parametrize(
    "char", ["ç", "`", "\t", "\x1b", "á", "ê", "Α", "’", "–", "…", "\xa0", "😀", "ß\u0301"]
)
def test_characters_outside_gsm7(char: str) -> None:
    assert not is_gsm7(char)


@pytest.mark.parametrize(
    ("text", "length", "encoding", "parts"),
    [
        ("", 0, Encoding.GSM_7, 0),
        ("a", 1, Encoding.GSM_7, 1),
        ("a" * 160, 160, Encoding.GSM_7, 1),
        ("a" * 161, 161, Encoding.GSM_7, 2),
        ("a" * 306, 306, Encoding.GSM_7, 2),
        ("a" * 307, 307, Encoding.GSM_7, 3),
        ("a" * 1530, 1530, Encoding.GSM_7, 10),
        ("a" * 1531, 1531, Encoding.GSM_7, 11),
        ("€" * 80, 160, Encoding.GSM_7, 1),
        ("a" * 159 + "€", 161, Encoding.GSM_7, 2),
        ("€" * 153, 306, Encoding.GSM_7, 3),  # 76 pairs a part: one septet of each stays empty
        ("a" + "€" * 152, 305, Encoding.GSM_7, 2),
        ("a" * 152 + "€" + "a" * 152, 306, Encoding.GSM_7, 3),  # the escape would be the 153rd septet
        ("a" * 151 + "€" + "a" * 153, 306, Encoding.GSM_7, 2),
        ("ą" * 70, 70, Encoding.UCS_2, 1),
        ("ą" * 71, 71, Encoding.UCS_2, 2),
        ("ą" * 134, 134, Encoding.UCS_2, 2),
        ("ą" * 135, 135, Encoding.UCS_2, 3),
        ("ą" * 670, 670, Encoding.UCS_2, 10),
        ("ą" * 671, 671, Encoding.UCS_2, 11),
        ("😀", 2, Encoding.UCS_2, 1),
        ("😀" * 35, 70, Encoding.UCS_2, 1),
        ("😀" * 36, 72, Encoding.UCS_2, 2),
        ("😀" * 67, 134, Encoding.UCS_2, 3),  # 33 pairs a part
        ("ą" * 66 + "😀" + "ą" * 66, 134, Encoding.UCS_2, 3),  # the pair would straddle 67 and 68
        ("ą" * 65 + "😀" + "ą" * 67, 134, Encoding.UCS_2, 2),
        ("[" * 70 + "ą", 71, Encoding.UCS_2, 2),  # no escapes in UCS-2
    ],
)
def test_measure(text: str, length: int, encoding: Encoding, parts: int) -> None:
    assert measure(text) == Measure(length, encoding, parts)


def test_pair_moves_whole_into_the_next_part() -> None:
    assert split("a" * 152 + "€" * 10) == ["a" * 152, "€" * 10]
    assert split("ą" * 66 + "😀" * 3) == ["ą" * 66, "😀" * 3]


@given(st.one_of(TEXTS, LONG, LONG_GSM7, LONG_UCS2))
@settings(deadline=None)
def test_parts_add_up(text: str) -> None:
    parts = split(text)
    size = measure(text)
    assert "".join(parts) == text
    assert len(parts) == size.parts
    assert sum(_units(parts, size.encoding)) == size.length


@given(st.one_of(LONG_GSM7, LONG_UCS2))
@settings(deadline=None)
def test_parts_are_full_and_none_too_long(text: str) -> None:
    parts = split(text)
    encoding = measure(text).encoding
    alone, joined = (160, 153) if encoding is Encoding.GSM_7 else (70, 67)
    sizes = list(_units(parts, encoding))
    assert max(sizes) <= (alone if len(parts) == 1 else joined)
    heads = _units([part[0] for part in parts[1:]], encoding)
    # Each part but the last is so full that the next character had no room in it.
    assert all(size + head > joined for size, head in zip(sizes, heads, strict=False))


def _units(parts: Iterable[str], encoding: Encoding) -> Iterable[int]:
    """Count septets or code units another way than the product does."""
    if encoding is Encoding.GSM_7:
        return [len(part) + len(re.findall(r"[\f^{}\\\[~\]|€]", part)) for part in parts]
    return [len(part.encode("utf-16-le")) // 2 for part in parts]
