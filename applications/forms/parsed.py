"""Fields whose values are the parsed types of rules/."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from applications.errors import InvalidParam


class ParsedField(forms.CharField):
    """A text that `parse` makes a value of; what it raises as InvalidParam is the field's error."""

    def __init__(self, parse: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self.parse = parse

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return self.parse(text) if text else ""
        except InvalidParam as error:
            raise ValidationError(error.message, code="invalid") from None
