"""Deleting an application, which takes its name typed in."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.models import Application

ENOUGH = 8  # characters of the ID, where there is no name


def words_to_type(application: Application) -> str:
    """Return what confirms a deletion: the name, or the start of the ID of an application without one.

    White space is as a browser shows it, since that is what the person reads.
    """
    return " ".join(application.name.split()) or application.application_id[:ENOUGH]


class DeleteApplicationForm(forms.Form):
    """The typed confirmation."""

    typed = forms.CharField(
        label=_lazy("Confirmation"),
        error_messages={"required": _lazy("Type it to confirm. Nothing was deleted.")},
    )

    def __init__(self, application: Application, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = words_to_type(application)

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if " ".join(typed.split()) != self.expected:
            raise forms.ValidationError(
                _("This is not “%(name)s”. Nothing was deleted.") % {"name": self.expected}
            )
        return typed
