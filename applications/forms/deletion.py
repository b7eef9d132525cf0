"""Deleting an application, which takes its name typed in."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.models import Application
from applications.rules.names import can_be_typed, isolated, same_words

ENOUGH = 8  # characters of the ID, where no name can be typed


def words_to_type(application: Application) -> str:
    """Return what confirms a deletion: the name, or the start of the ID where there is none that can be typed.

    White space is as a browser shows it, since that is what the person reads.
    """
    name = " ".join(application.name.split())
    stands_for_none = name in ("", "Untitled", _("Untitled"))
    return application.application_id[:ENOUGH] if stands_for_none or not can_be_typed(name) else name


class DeleteApplicationForm(forms.Form):
    """The typed confirmation."""

    typed = forms.CharField(
        label=_lazy("Confirmation"),
        error_messages={"required": _lazy("Type it to confirm. Nothing was deleted.")},
    )

    def __init__(self, application: Application, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = words_to_type(application)
        self.takes_id = self.expected == application.application_id[:ENOUGH]

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if not same_words(typed, self.expected):
            raise forms.ValidationError(
                _("This is not “%(name)s”. Nothing was deleted.") % {"name": isolated(self.expected)}
            )
        return typed
