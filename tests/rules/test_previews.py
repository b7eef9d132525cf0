"""Settings and a text in; the text as sent, its parts, sender and time out."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from applications.errors import InvalidParam
from applications.rules.gsm7 import Encoding
from applications.rules.previews import (
    MAX_CHARACTERS,
    MeasuredText,
    Preview,
    SmsSettings,
    TextAnalysis,
    TransliterationAnalysis,
    preview,
)
from applications.rules.quiet_hours import QuietHours, parse_quiet_hours
from applications.rules.transliteration import Alphabet

ROMANIA = ZoneInfo("Europe/Bucharest")
EVENING = datetime(2026, 11, 24, 21, 55, tzinfo=ROMANIA)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ROMANIA)
PLAIN = SmsSettings()
MORNING = datetime(2026, 11, 25, 7, 31, tzinfo=UTC)  # 09:31 in Romania


def quiet() -> QuietHours | None:
    return parse_quiet_hours("21:30", "09:30")


def shown(
    text: str,
    sms_settings: SmsSettings = PLAIN,
    *,
    sender: str = "",
    now: datetime = NOON,
    scheduled: datetime | None = None,
    otp: bool = False,
) -> Preview:
    return preview(text, sms_settings, sender=sender, zone=ROMANIA, now=now, scheduled=scheduled, otp=otp)


def test_whole_shape() -> None:
    sms_settings = SmsSettings("Marlowe", Alphabet.ROMANIAN, remove_emojis=True, quiet_hours=quiet())
    made = shown("Mulțumim, Ștefan 📦", sms_settings, sender="Shop", now=EVENING)
    assert made == Preview(
        text="Multumim, Stefan ",
        sender="Marlowe",
        text_analysis=TextAnalysis(length=17, unicode=False, parts=1),
        transliteration_analysis=TransliterationAnalysis(
            original=MeasuredText("Mulțumim, Ștefan 📦", length=19, parts=1, encoding=Encoding.UCS_2),
            replaced=MeasuredText("Multumim, Stefan ", length=17, parts=1, encoding=Encoding.GSM_7),
            characters={"ț": 1, "Ș": 1},
            emojis={"📦": 1},
        ),
        in_quiet_hours=True,
        scheduled_at=MORNING,
    )
    assert made.parts == 1


def test_three_parts_become_one() -> None:
    analysis = shown("ș" * 150, SmsSettings(alphabet=Alphabet.ROMANIAN)).transliteration_analysis
    assert (analysis.original.parts, analysis.replaced.parts, analysis.parts_saved) == (3, 1, 2)


def test_replacements_may_cost_more() -> None:
    analysis = shown("щ" * 70, SmsSettings(alphabet=Alphabet.RUSSIAN_CYRILLIC)).transliteration_analysis
    assert (analysis.original.parts, analysis.replaced.parts, analysis.parts_saved) == (1, 2, -1)


def test_without_settings_nothing_changes() -> None:
    made = shown("Bună 📦", sender="+40721555013")
    assert (made.text, made.sender, made.scheduled_at) == ("Bună 📦", "+40721555013", None)
    assert made.text_analysis == TextAnalysis(length=7, unicode=True, parts=1)
    assert made.transliteration_analysis.characters == {}


@pytest.mark.parametrize(
    ("now", "scheduled", "otp", "in_quiet_hours", "scheduled_at"),
    [
        (NOON, None, False, False, None),
        (EVENING, None, False, True, MORNING),
        (EVENING, None, True, False, None),
        (NOON, EVENING, False, True, MORNING),
        (NOON, EVENING, True, False, EVENING),
        (EVENING, NOON, False, True, MORNING),  # a time that has passed: now
        (NOON, NOON, False, False, None),
        (NOON, NOON + timedelta(hours=1), False, False, NOON + timedelta(hours=1)),
    ],
)
def test_time(
    now: datetime, scheduled: datetime | None, otp: bool, in_quiet_hours: bool, scheduled_at: datetime | None
) -> None:
    made = shown("hello", SmsSettings(quiet_hours=quiet()), now=now, scheduled=scheduled, otp=otp)
    assert (made.in_quiet_hours, made.scheduled_at) == (in_quiet_hours, scheduled_at)


def test_ten_parts_and_no_more() -> None:
    assert shown("a" * 1530).parts == 10
    assert shown("ș" * 1530, SmsSettings(alphabet=Alphabet.ROMANIAN)).parts == 10
    assert shown("a" * 1530 + "📦" * 500, SmsSettings(remove_emojis=True)).parts == 10
    for text in ("a" * 1531, "ș" * 671, "€" * 766, "📦" * 336):
        with pytest.raises(InvalidParam, match="at most 10 parts"):
            shown(text)
    with pytest.raises(InvalidParam, match="at most 10 parts"):
        shown("щ" * 400, SmsSettings(alphabet=Alphabet.RUSSIAN_CYRILLIC))


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "ș" * 1_000_000, "😀" * 10_000, "👨‍👩‍👧" * 10_000, "\u200d" * 1_000_000]
)
def test_huge_texts_are_refused_at_once(text: str) -> None:
    sms_settings = SmsSettings(alphabet=Alphabet.NON_GSM, remove_emojis=True)
    before = time.process_time()
    with pytest.raises(InvalidParam, match="at most 10 parts") as caught:
        shown(text, sms_settings)
    assert time.process_time() - before < 0.01
    assert caught.value.param == "text"


def test_longest_text_is_still_measured() -> None:
    assert shown("😀" * (MAX_CHARACTERS - 1) + "a", SmsSettings(remove_emojis=True)).text == "a"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one character"),
        ("📦📦", "Nothing is left"),
        ("a\x00b", "control characters"),
        ("a\x1bb", "control characters"),
        ("a\x7fb", "control characters"),
        ("a\ud800b", "control characters"),
    ],
)
def test_texts_that_cannot_be_sent(text: str, says: str) -> None:
    with pytest.raises(InvalidParam, match=says) as caught:
        shown(text, SmsSettings(remove_emojis=True))
    assert caught.value.param == "text"


def test_line_breaks_and_tabs_can() -> None:
    assert shown("a\r\nb\tc\f").text == "a\r\nb\tc\f"


@pytest.mark.parametrize("enforced", ["", "Marlowe"])
def test_a_sender_with_a_space(enforced: str) -> None:
    with pytest.raises(InvalidParam, match="no spaces") as caught:
        shown("hello", SmsSettings(sender=enforced), sender="My Shop")
    assert caught.value.param == "from"
