"""The form of a new application."""

import uuid
from typing import Any

from django import forms

from applications.forms.applications import ApplicationForm


class SubmissionField(forms.Field):
    """Names one sending of a form: a UUID. It protects the sender from sending twice, so garbage counts as none."""

    widget = forms.HiddenInput(attrs={"autocomplete": "off"})

    def to_python(self, value: Any) -> uuid.UUID | None:
        try:
            return uuid.UUID(value)
        except (TypeError, ValueError):
            return None


class NewApplicationForm(ApplicationForm):
    """Its `cleaned_data` is what `create_application` takes."""

    submission = SubmissionField(required=False, initial=uuid.uuid4)
