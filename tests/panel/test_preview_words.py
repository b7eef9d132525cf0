"""What a preview warns of, and how it writes what cannot be seen and how long a PIN is valid. No database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from applications.models import MessageSettings
from applications.models.message_settings import PinType
from applications.panel.otp_previews import MADE_UP, otp_preview, spoken
from applications.panel.preview_warnings import FEW, visible, warnings_of_settings, warnings_of_text
from applications.rules.previews import SmsSettings, preview
from applications.rules.transliteration import Alphabet
from applications.rules.transliteration.pieces import pieces

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def titles_and_texts(text: str, alphabet: Alphabet = Alphabet.NONE) -> list[tuple[str, str]]:
    """What is said of a text of a message."""
    settings = SmsSettings(alphabet=alphabet)
    made = preview(text, settings, sender="", zone=ZoneInfo("UTC"), now=NOON)
    cut = pieces(text, alphabet, remove_emojis=False)
    return [(warned.title, warned.text) for warned in warnings_of_text(alphabet, made, cut)]


# --- Settings that work against each other ------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "callback", "warned"),
    [
        ("Marlowe", "https://hooks.example.com/in", True),
        ("Marlowe", "", False),
        ("", "https://hooks.example.com/in", False),
        ("40721555013", "https://hooks.example.com/in", False),
        ("+40721555013", "https://hooks.example.com/in", False),
    ],
)
def test_a_sender_with_letters_gets_no_replies(sender: str, callback: str, warned: bool) -> None:
    found = warnings_of_settings(MessageSettings(sms_sender=sender, sms_receive_callback=callback))
    assert [remark.title for remark in found] == [f"Nobody can reply to “{sender}”"] * warned


# --- Texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Hello", "price: 5 €", "[x] ~ {y}", "Ünïque ñ".replace("ï", "i")])
def test_a_text_within_gsm7_is_not_warned_of(text: str) -> None:
    assert titles_and_texts(text) == []


def test_one_character_outside_gsm7_makes_the_whole_text_ucs2() -> None:
    [(title, text)] = titles_and_texts("ă, and ă again, and ș")
    assert title == "The whole text goes as UCS-2, with 70 characters in a part"
    assert text == "These characters are outside GSM-7: ă ș."  # each once, in their order


def test_many_characters_are_named_as_far_as_there_is_room() -> None:
    letters = "абвгджзиклмнпрст"
    [(_title, text)] = titles_and_texts(letters)
    assert text.endswith(f": {' '.join(letters[:FEW])} ….")
    [(_title, text)] = titles_and_texts(letters[:FEW])
    assert text.endswith(f": {' '.join(letters[:FEW])}.")


def test_what_nothing_is_near_to_becomes_a_question_mark_and_is_counted_once() -> None:
    [(title, text)] = titles_and_texts("↔↕↔?", Alphabet.NON_GSM)
    assert title == "2 different characters become “?”"
    assert "↔ ↕." in text
    [(title, _text)] = titles_and_texts("↔↔", Alphabet.NON_GSM)
    assert title == "1 character becomes “?”"


@pytest.mark.parametrize("text", ["Really?", "¿Qué?", "؟", "？", "⁇"])
def test_a_question_mark_of_any_script_is_not_lost(text: str) -> None:
    assert titles_and_texts(text, Alphabet.NON_GSM) == []


@pytest.mark.parametrize(
    ("character", "written"),
    [
        ("ș", "ș"),
        ("📦", "📦"),
        (" ", "U+0020"),
        ("\u00a0", "U+00A0"),
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("👩\u200d💻", "U+1F469 U+200D U+1F4BB"),
    ],
)
def test_what_cannot_be_seen_is_written_by_its_code(character: str, written: str) -> None:
    assert visible(character) == written


# --- One-time passwords -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (300, "5 minutes"),
        (3600, "1 hour"),
        (3660, "61 minutes"),
        (7200, "2 hours"),
    ],
)
def test_a_stretch_of_time_is_in_the_largest_unit_that_is_exact(seconds: int, words: str) -> None:
    assert spoken(seconds) == words


@pytest.mark.parametrize(
    ("kind", "possible"), [(PinType.NUMBERS, 10**4), (PinType.LETTERS, 26**4), (PinType.ALPHANUMERIC, 36**4)]
)
def test_a_pin_is_of_its_kind_and_length_and_worth_what_guessing_it_takes(
    kind: PinType, possible: int
) -> None:
    settings = MessageSettings(otp_pin_type=kind, otp_pin_length=4, otp_template="{{pin}} is your code.")
    shown = otp_preview(settings)
    assert shown.stretches == [(shown.pin, True), (" is your code.", False)]
    assert (len(shown.pin), shown.possible) == (4, possible)
    assert kind != PinType.NUMBERS or shown.pin.isdecimal()
    assert kind != PinType.LETTERS or shown.pin.isalpha()


@pytest.mark.parametrize("kind", PinType)
def test_a_pin_of_every_length_can_be_made_up(kind: PinType) -> None:
    characters, letters = MADE_UP[kind]
    assert len(characters) == 10
    assert len(set(characters)) <= letters
    assert characters == characters.upper()


def test_a_template_may_hold_the_pin_twice_or_nothing_else() -> None:
    assert [part for part, _pin in otp_preview(MessageSettings(otp_template="{{pin}}")).stretches] == [
        "482913"
    ]
    twice = otp_preview(MessageSettings(otp_template="{{pin}}, again {{pin}}"))
    assert [is_pin for _part, is_pin in twice.stretches] == [True, False, True]


def test_a_template_is_sent_as_it_stands_whatever_the_settings_of_sms() -> None:
    settings = MessageSettings(
        otp_template="{{pin}} este codul dvs. ă",
        sms_alphabet=Alphabet.ROMANIAN,
        sms_sender="Other",
        otp_sender="Marlowe",
    )
    shown = otp_preview(settings)
    assert shown.sender == "Marlowe"
    assert shown.size.encoding == "UCS-2"
    assert (shown.seconds, shown.attempts) == (settings.otp_ttl, settings.otp_max_attempts)
