"""What each setting of messages may be: one parser a column of MessageSettings.

A parser returns the value as it is stored, or raises InvalidParam with a sentence that says what is allowed. Forms use
them field by field, the operation that stores settings uses all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam
from applications.rules.gsm7 import MAX_PARTS, measure
from applications.rules.previews import CONTROL
from applications.rules.quiet_hours import parse_quiet_hours, read_clock
from applications.rules.safe_urls import CallbackUrl, Policy
from applications.rules.sender_ids import SenderId
from applications.rules.transliteration import parse_alphabet

type Parser = Callable[[Any, str, Policy], Any]  # of the value, the column's name and what URLs may be

WITH_QUIET_HOURS: Final = ("sms", "viber", "whatsapp", "multichannel")
CALLBACKS: Final = (
    *(f"{channel}_dlr_callback" for channel in WITH_QUIET_HOURS),
    *(f"{channel}_receive_callback" for channel in WITH_QUIET_HOURS),
    *(f"{kind}_callback" for kind in ("shortlinks", "attachments", "optouts", "lookup", "otp")),
)
PIN: Final = "{{pin}}"
LONGEST_TEMPLATE: Final = 1530  # ten parts of GSM-7
LONGEST_OTP_SENDER: Final = 11
OTP_SENDER: Final = _lazy("A sender has 3 to 11 characters, such as InfoText.")
TEMPLATE_WITHOUT_PIN: Final = _lazy("A template contains {{pin}}, where the PIN goes.")
UNKNOWN_PIN_TYPE: Final = _lazy("A PIN type is letters, numbers or alphanumeric.")


class PinType(StrEnum):
    """What a PIN is made of."""

    NUMBERS = "numbers"
    LETTERS = "letters"
    ALPHANUMERIC = "alphanumeric"


@dataclass(frozen=True, slots=True)
class WholeRange:
    """Whole numbers from `least` to `most`; `words` is the sentence that names both."""

    least: int
    most: int
    words: Promise

    def parse(self, number: Any, param: str) -> int:
        """Return `number` when it is one of them. Raises InvalidParam."""
        is_whole = isinstance(number, int) and not isinstance(number, bool)
        if not is_whole or not self.least <= number <= self.most:
            raise InvalidParam(param, self.message)
        return int(number)

    @property
    def message(self) -> str:
        """What is allowed."""
        return str(self.words) % {"least": f"{self.least:,}", "most": f"{self.most:,}"}

    @property
    def limits(self) -> tuple[int, int]:
        """Both ends, which belong to it."""
        return self.least, self.most


CHANNEL_TTL: Final = WholeRange(
    60, 172_800, _lazy("The time before the next channel is %(least)s to %(most)s seconds.")
)
PIN_LENGTH: Final = WholeRange(4, 10, _lazy("A PIN has %(least)s to %(most)s characters."))
PIN_TTL: Final = WholeRange(60, 1800, _lazy("A PIN is valid for %(least)s to %(most)s seconds."))
PIN_ATTEMPTS: Final = WholeRange(1, 10, _lazy("Between %(least)s and %(most)s attempts."))


def parse_template(text: str, param: str = "otp_template") -> str:
    """Return the template of an OTP message, with line breaks as phones have them. Raises InvalidParam."""
    template = text.replace("\r\n", "\n")
    if PIN not in template:
        raise InvalidParam(param, str(TEMPLATE_WITHOUT_PIN))
    if CONTROL.search(template):
        message = _("A template has no control characters, except line breaks, page breaks and tabs.")
        raise InvalidParam(param, message)
    longest = template.replace(PIN, "W" * PIN_LENGTH.most)
    if len(template) > LONGEST_TEMPLATE or measure(longest).parts > MAX_PARTS:
        message = _("A template has at most {parts} parts, with the PIN in it.")
        raise InvalidParam(param, message.format(parts=MAX_PARTS))
    return template


def parse_settings(changes: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """Return the changes, column → value, as they are stored; `policy` says what callback URLs may be.

    Raises InvalidParam, which names the column, for a column that there is not and for a value that it cannot have.
    Quiet hours are two columns: `check_quiet_hours` checks them together.
    """
    parsed = {}
    for column, value in changes.items():
        if column not in PARSERS:
            raise InvalidParam(column[:40], _("There is no such setting."))
        parsed[column] = PARSERS[column](value, column, policy)
    return parsed


def check_quiet_hours(channel: str, values: Mapping[str, Any]) -> None:
    """Raise InvalidParam, which names the column, unless both ends of a channel's quiet hours go together."""
    start, stop = f"{channel}_quiet_start", f"{channel}_quiet_stop"
    try:
        parse_quiet_hours(values[start], values[stop])
    except InvalidParam as error:
        raise InvalidParam(f"{channel}_quiet_{error.param}", error.message) from None


def _text(value: Any, param: str) -> str:
    if not isinstance(value, str):
        raise InvalidParam(param, _("It must be a string."))
    return value


def _flag(value: Any, param: str, _policy: Policy) -> bool:
    if not isinstance(value, bool):
        raise InvalidParam(param, _("It must be true or false."))
    return value


def _url(value: Any, param: str, policy: Policy) -> str:
    url = _text(value, param)
    return CallbackUrl(url, policy, param) if url else ""


def _clock(value: Any, param: str, _policy: Policy) -> str:
    written = _text(value, param)
    return read_clock(written, param) if written else ""


def _alphabet(value: Any, param: str, _policy: Policy) -> str:
    return parse_alphabet(_text(value, param), param).value


def _sender(value: Any, param: str, _policy: Policy) -> str:
    sender = _text(value, param)
    return SenderId(sender, param) if sender else ""


def _otp_sender(value: Any, param: str, _policy: Policy) -> str:
    sender = _text(value, param)
    if not sender or len(sender) > LONGEST_OTP_SENDER:
        raise InvalidParam(param, str(OTP_SENDER))
    return SenderId(sender, param)


def _template(value: Any, param: str, _policy: Policy) -> str:
    return parse_template(_text(value, param), param)


def _pin_type(value: Any, param: str, _policy: Policy) -> str:
    if value not in list(PinType):
        raise InvalidParam(param, str(UNKNOWN_PIN_TYPE))
    return PinType(value).value


def _whole(numbers: WholeRange) -> Parser:
    return lambda value, param, _policy: numbers.parse(value, param)


PARSERS: Final[Mapping[str, Parser]] = {
    "sms_sender": _sender,
    "sms_alphabet": _alphabet,
    "sms_remove_emojis": _flag,
    **{f"{channel}_quiet_{end}": _clock for channel in WITH_QUIET_HOURS for end in ("start", "stop")},
    **dict.fromkeys(CALLBACKS, _url),
    "multichannel_ttl": _whole(CHANNEL_TTL),
    "multichannel_expire_after_ttl": _flag,
    "otp_template": _template,
    "otp_sender": _otp_sender,
    "otp_pin_type": _pin_type,
    "otp_pin_length": _whole(PIN_LENGTH),
    "otp_ttl": _whole(PIN_TTL),
    "otp_max_attempts": _whole(PIN_ATTEMPTS),
}
"""Column → its parser: all columns of MessageSettings."""
