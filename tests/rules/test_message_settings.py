"""What each setting of messages may be, and what is said of the rest."""

from typing import Any

import pytest

from applications.errors import InvalidParam
from applications.models import MessageSettings
from applications.rules.message_settings import CALLBACKS, PARSERS, parse_settings
from applications.rules.safe_urls import Policy

INTERNAL = ["http://169.254.169.254/x", "https://169.254.169.254/", "https://localhost/", "https://10.0.0.1/"]
FLAGS = ["sms_remove_emojis", "multichannel_expire_after_ttl"]
NUMBERS = ["multichannel_ttl", "otp_ttl", "otp_pin_length", "otp_max_attempts"]
CLOCKS = [column for column in PARSERS if "_quiet_" in column]
TEXTS = [column for column in PARSERS if column not in (*FLAGS, *NUMBERS)]
REFUSED: dict[str, list[Any]] = {
    **{
        key: [*INTERNAL, "javascript:alert(1)", f"https://a.pl/{'x' * 500}", "\x00", " "] for key in CALLBACKS
    },
    **{key: ["24:00", "9", "21:60", "21:30\n", "\x00"] for key in CLOCKS},
    **{key: ["yes", 1, None, "true"] for key in FLAGS},
    "sms_alphabet": ["KLINGON", "", "none"],
    "sms_sender": ["ab", "x" * 12, "two words", "nul\x00", "1" * 16, "ą" * 5],
    "multichannel_ttl": [59, 172_801, 10**30],
    "otp_ttl": [59, 1801],
    "otp_pin_length": [3, 11],
    "otp_max_attempts": [0, 11, -1, True],
    "otp_pin_type": ["emojis", "", "NUMBERS"],
    "otp_sender": ["", "ab", "x" * 12, "+" + "1" * 12],
    "otp_template": [
        "",
        "no pin",
        "{{pin}}\x00",
        "{{pin}}" + "x" * 1530,
        "{{pin}}" + "ą" * 700,
        "{{pin}}\ud800",
    ],
}


@pytest.mark.parametrize("column", PARSERS)
def test_what_a_column_refuses(column: str) -> None:
    others: list[Any] = [7, None, ["x"]] if column in TEXTS else ["60", 60.5, None]
    for value in [*REFUSED[column], *others]:
        with pytest.raises(InvalidParam) as refusal:
            parse_settings({column: value}, Policy())
        assert refusal.value.param == column
        assert refusal.value.message, value


def test_the_defaults_pass() -> None:
    defaults = MessageSettings().values(PARSERS)
    assert parse_settings(defaults, Policy()) == defaults


def test_every_column_has_a_parser() -> None:
    columns = {field.name for field in MessageSettings._meta.concrete_fields} - {"application"}
    assert columns == PARSERS.keys()


def test_a_setting_that_there_is_not() -> None:
    for name in ("nothing", "application", "application_id", "pk", "save"):
        with pytest.raises(InvalidParam):
            parse_settings({name: 1}, Policy())


def test_times_and_line_breaks_are_stored_in_one_form() -> None:
    typed = {"sms_quiet_start": "930", "otp_template": "{{pin}}\r\nBye"}
    assert parse_settings(typed, Policy()) == {"sms_quiet_start": "09:30", "otp_template": "{{pin}}\nBye"}
