"""Fields for names and notes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from applications.errors import InvalidParam
from applications.rules.names import LONGEST, CleanLine, Name, Note


class LineField(forms.CharField):
    """One clean line; its value is the type `kind` of rules/names.py."""

    kind: type[CleanLine]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST, empty_value=self.kind(""), **kwargs)

    def to_python(self, value: Any) -> CleanLine:
        try:
            return self.kind(str(super().to_python(value)))
        except InvalidParam as error:
            raise ValidationError(error.message, code="line") from None


class NameField(LineField):
    kind = Name


class NoteField(LineField):
    kind = Note
