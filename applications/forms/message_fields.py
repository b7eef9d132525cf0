"""The fields of message settings: each makes one parsed type of what was typed, or says what is allowed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _lazy

from applications.errors import InvalidParam
from applications.rules.message_settings import WholeRange
from applications.rules.quiet_hours import is_half_typed, read_clock
from applications.rules.sender_ids import SenderId
from applications.rules.transliteration import Alphabet, parse_alphabet

ALPHABETS = [
    (Alphabet.NONE.value, _lazy("Keep all characters")),
    (Alphabet.NON_GSM.value, _lazy("Everything outside GSM-7")),
    (Alphabet.POLISH.value, _lazy("Polish")),
    (Alphabet.TURKISH.value, _lazy("Turkish")),
    (Alphabet.GREEK.value, _lazy("Greek")),
    (Alphabet.ROMANIAN.value, _lazy("Romanian")),
    (Alphabet.RUSSIAN_CYRILLIC.value, _lazy("Russian Cyrillic")),
    (Alphabet.BULGARIAN_CYRILLIC.value, _lazy("Bulgarian Cyrillic")),
    (Alphabet.UKRAINIAN_CYRILLIC.value, _lazy("Ukrainian Cyrillic")),
    (Alphabet.BELARUSIAN_CYRILLIC.value, _lazy("Belarusian Cyrillic")),
    (Alphabet.SERBIAN_CYRILLIC.value, _lazy("Serbian Cyrillic")),
    (Alphabet.MACEDONIAN_CYRILLIC.value, _lazy("Macedonian Cyrillic")),
]


class ClockField(forms.CharField):
    """A time of day; its value is "HH:MM" or "". `html` are more attributes of its input.

    The code of its error is "half_typed" where a time may still become of what was typed.
    """

    def __init__(self, html: dict[str, str] | None = None, **kwargs: Any) -> None:
        attributes = {"inputmode": "numeric", "placeholder": "HH:MM", "autocomplete": "off"}
        attributes |= {"data-clock": "", **(html or {})}
        super().__init__(required=False, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        try:
            return read_clock(typed, "") if typed else ""
        except InvalidParam as error:
            code = "half_typed" if is_half_typed(typed) else "clock"
            raise ValidationError(error.message, code=code) from None


class QuietEndField(ClockField):
    """One end of quiet hours; the pair is checked by the form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__({"aria-label": kwargs["label"]}, **kwargs)


class AlphabetField(forms.ChoiceField):
    """One of ALPHABETS; an unknown one is told which there are."""

    def validate(self, value: Any) -> None:
        try:
            parse_alphabet(value)
        except InvalidParam as error:
            raise ValidationError(error.message, code="alphabet") from None


class SenderField(forms.CharField):
    """A sender ID, empty where that is allowed."""

    def clean(self, value: Any) -> str:
        sender = str(super().clean(value))
        try:
            return SenderId(sender) if sender else ""
        except InvalidParam as error:
            raise ValidationError(error.message, code="sender") from None


class WholeField(forms.IntegerField):
    """A whole number within limits, which its one error names."""

    def __init__(self, numbers: WholeRange, **kwargs: Any) -> None:
        self.numbers = numbers
        attributes = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> int:
        try:
            return self.numbers.parse(super().clean(value), "number")
        except (ValidationError, InvalidParam):
            raise ValidationError(self.numbers.message, code="range") from None
