"""What holds for every text."""

import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from applications.errors import InvalidParam
from applications.rules.gsm7 import is_gsm7, measure
from applications.rules.transliteration import Alphabet, parse_alphabet
from applications.rules.transliteration.pieces import pieces
from applications.rules.transliteration.texts import transliterate
from tests.rules.transliteration.test_languages import LETTERS as ALPHABET

LETTERS = "ąćłżŻçğıİşăâîșȚαυύϋγμπςΘΨΩΐἀЩщьъяЯєЄїзгЗГэёђЂљЊџѓќѕўЎ"
ODD = "aAzZ019#* '’ʼ-–“”«…\n\t\x00`^€[çéÉßñ\xa0©™\u0301\u0308\u0327\u0345\u0483\u0591\u200d\ufe0f\u20e3"
EMOJIS = "😀👨👩🏽🇵🇱❤‼☎🏴\U000e0067\U000e007f"
TEXTS = st.text(
    st.one_of(st.sampled_from(LETTERS), st.sampled_from(ODD), st.sampled_from(EMOJIS), st.characters())
)
WORDS = st.lists(
    st.sampled_from(["Знам'янка", "ΑΥΤΟ", "Μπα", "София", "ЇЖАК", "Ż\u0301", "👨‍👩‍👧", "1️⃣", " ", "I", "Я"])
)
MIXED = st.one_of(TEXTS, WORDS.map("".join), st.builds(str.__add__, TEXTS, WORDS.map(" ".join)))
ALPHABETS = st.sampled_from(Alphabet)


@given(MIXED, ALPHABETS, st.booleans())
@settings(deadline=None, max_examples=400)
def test_non_gsm_after_any_alphabet_is_gsm7(text: str, alphabet: Alphabet, emojis: bool) -> None:
    first = transliterate(text, alphabet, remove_emojis=emojis).text
    assert is_gsm7(transliterate(first, Alphabet.NON_GSM, remove_emojis=emojis).text)


@given(MIXED, ALPHABETS, st.booleans())
@example("ż\u0591\u0301", Alphabet.POLISH, True)
@example("z😀\u0301", Alphabet.POLISH, True)
@example("1\u200d\u20e3", Alphabet.NONE, True)
@example("ᄀьᅡ", Alphabet.RUSSIAN_CYRILLIC, False)
@settings(deadline=None, max_examples=800)
def test_twice_is_as_once(text: str, alphabet: Alphabet, emojis: bool) -> None:
    once = transliterate(text, alphabet, remove_emojis=emojis)
    again = transliterate(once.text, alphabet, remove_emojis=emojis)
    assert again.text == once.text
    assert again.replaced == again.removed == {}


@given(MIXED, ALPHABETS, st.booleans())
@settings(deadline=None, max_examples=400)
def test_pieces_make_up_the_text(text: str, alphabet: Alphabet, emojis: bool) -> None:
    shown = pieces(text, alphabet, remove_emojis=emojis)
    made = transliterate(text, alphabet, remove_emojis=emojis)
    assert _composed("".join(piece.after for piece in shown)) == _composed(made.text)
    changed = sum(len(piece.before) for piece in shown if piece.before != piece.after)
    assert bool(made.replaced or made.removed) <= bool(changed)
    assert all(piece.before for piece in shown)


@given(MIXED, ALPHABETS)
@settings(deadline=None)
def test_what_is_counted_was_in_the_text(text: str, alphabet: Alphabet) -> None:
    made = transliterate(text, alphabet)
    assert all(_composed(text).count(char) >= times for char, times in made.replaced.items())
    if made.text == text:
        assert made.replaced == {}


@given(MIXED)
@settings(deadline=None)
def test_text_in_gsm7_is_left_alone(text: str) -> None:
    if is_gsm7(text):
        assert transliterate(text, Alphabet.NON_GSM, remove_emojis=True).text == text
    else:
        assert measure(transliterate(text, Alphabet.NON_GSM).text).encoding != measure(text).encoding


# Marks over a letter: those of Cyrillic and Greek compose with nothing else than what their alphabets hold.
ABOVE = [char for char in map(chr, range(0x300, 0x10000)) if unicodedata.combining(char) == 230]
FOREIGN = set("йёїўѓќ")  # composed as if with an accent, and letters of another language
type Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: st.SearchStrategy[Form] = st.sampled_from(("NFC", "NFD", "NFKC", "NFKD"))
CASES = st.sampled_from([str, str.upper, str.lower, str.title, str.capitalize, str.swapcase])


@given(
    data=st.data(),
    alphabet=st.sampled_from(list(ALPHABET)),
    form=FORMS,
    case=CASES,
)
@settings(deadline=None, max_examples=800)
def test_a_text_of_a_language_is_gsm7_after_its_alphabet(
    data: st.DataObject, alphabet: Alphabet, form: Form, case: Any
) -> None:
    letters = st.sampled_from(ALPHABET[alphabet])
    # The capital of ı is I, which is in no table: it is Latin already.
    accented = st.builds(
        str.__add__, letters.filter("ı".__ne__), st.sampled_from(["\u0300", "\u0301", *ABOVE])
    )
    between = [" ", "-", ".", "I", "i", "a"] if ALPHABET[alphabet][0] < "ʰ" else [" ", "-", ".", "7"]
    text = "".join(data.draw(st.lists(st.one_of(letters, accented, st.sampled_from(between)))))
    text = unicodedata.normalize(form, case(text))
    assume(not (set(_composed(text).lower()) & (FOREIGN - set(ALPHABET[alphabet]))))
    made = transliterate(text, alphabet)
    assert is_gsm7(made.text), (made.text, ascii(made.text))
    assert all(_composed(text).count(char) >= times for char, times in made.replaced.items())


@pytest.mark.parametrize("alphabet", Alphabet)
@pytest.mark.parametrize(
    "text", ["\u200d", "\ufe0f", "👨‍", "1", "Щ", "ż\u0301", "🇵", "\U000e0067", "а'", "👍🏽", "㎏"]
)
def test_long_texts_take_no_long_time(alphabet: Alphabet, text: str) -> None:
    # Grows with the length, not with its square: 40,000 characters in well under the runner's patience.
    made = transliterate(text * (40_000 // len(text)), alphabet, remove_emojis=True)
    assert len(made.text) <= 160_000


def test_alphabets_are_those_of_the_contract() -> None:
    assert " ".join(Alphabet) == (
        "NONE NON_GSM POLISH TURKISH GREEK ROMANIAN RUSSIAN_CYRILLIC BULGARIAN_CYRILLIC UKRAINIAN_CYRILLIC "
        "BELARUSIAN_CYRILLIC SERBIAN_CYRILLIC MACEDONIAN_CYRILLIC"
    )


def test_unknown_alphabet_lists_the_known() -> None:
    assert parse_alphabet("GREEK") is Alphabet.GREEK
    with pytest.raises(InvalidParam, match=r"NONE, NON_GSM, POLISH.*MACEDONIAN_CYRILLIC") as caught:
        parse_alphabet("KLINGON", "transliteration.alphabet")
    assert caught.value.param == "transliteration.alphabet"


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
