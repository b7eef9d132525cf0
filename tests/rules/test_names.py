"""Names and notes: one line that stands in lists among the words of others."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from applications.errors import InvalidParam
from applications.rules.message_settings import parse_template
from applications.rules.names import CleanLine, Name, Note, ProperName
from applications.rules.previews import SmsSettings, preview

LINES = [Name, Note, ProperName]
BREAKS = [
    "two\nlines",
    "a\tb",
    "nul\x00",
    "\x7f",
    "next\x85line",
    "\x9b31m",
    "a\u2028b",
    "a\u2029b",
    "half \ud800",
]
READABLE = ["A", "م. لوجستيات", "בית", "🚚 Marlowe", "x" * 100, "  Marlowe  ", "a\u200f\u200e\u061cb"]
# All that turn the direction of what follows: embeddings, overrides and isolates with their ends.
TURNING = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]


@pytest.mark.parametrize(
    "typed", ["A", "م. لوجستيات", "בית", "🚚 Marlowe", "x" * 100, "  Marlowe  ", "a\u200f\u200e\u061cb"]
)
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_what_people_can_read(line: type[CleanLine], typed: str) -> None:
    assert line(typed) == typed.strip()


@pytest.mark.parametrize("typed", BREAKS)
@pytest.mark.parametrize("line", LINES)
def test_a_line_has_no_control_characters(line: type[CleanLine], typed: str) -> None:
    with pytest.raises(InvalidParam, match="is one line, without control characters") as refused:
        line(f"x{typed}x")
    assert refused.value.param == line.param


@pytest.mark.parametrize("turning", TURNING, ids=ascii)
@pytest.mark.parametrize("line", LINES)
def test_a_line_turns_no_text_around_it(line: type[CleanLine], turning: str) -> None:
    with pytest.raises(InvalidParam, match=rf"^U\+{ord(turning):04X} cannot be seen") as refused:
        line(f"invoice{turning}fdp.exe")
    assert refused.value.param == line.param


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_101_characters_is_too_long_and_says_how_long(line: type[CleanLine]) -> None:
    with pytest.raises(InvalidParam, match=r"at most 100 characters \(it has 101\)"):
        line("x" * 101)


def test_only_the_name_of_somebody_has_to_be_there() -> None:
    assert (Name(""), Note("  ")) == ("", "")
    for empty in ("", "  ", "\u200b", "\u200f"):
        with pytest.raises(InvalidParam, match="Write a name"):
            ProperName(empty)


@pytest.mark.parametrize("turning", TURNING, ids=ascii)
def test_texts_of_messages_keep_what_languages_from_right_to_left_need(turning: str) -> None:
    text = f"הקוד {turning}{{{{pin}}}}\u202c"
    assert parse_template(text) == text
    noon, utc = datetime(2026, 11, 24, 12, 0, tzinfo=UTC), ZoneInfo("UTC")
    assert preview(text, SmsSettings(), sender="", zone=utc, now=noon).text == text
