"""Resetting an application's secret."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.models.secrets import Overlap

KEY = re.compile("[0-9]{1,19}")
OUT_OF_DATE = _("This form does not say which secret it is about. Open it again.")


class FocusedRadios(forms.RadioSelect):
    """Radios of which the chosen one has the focus when their dialog opens."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if option["selected"]:
            option["attrs"]["autofocus"] = True
        return option


class KeysField(forms.Field):
    """Any number of keys of the database; what cannot be one counts as none."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[int]:
        return [int(text) for text in value or [] if KEY.fullmatch(text)]


class ResetSecretForm(forms.Form):
    """When the old secret stops, whether tokens stop too, and which secrets the sender saw.

    `current` is the one seen as current; `end_older` those that were replaced earlier, and may stop now.
    """

    overlap = forms.TypedChoiceField(
        label=_("The old secret stops"),
        choices=Overlap,
        coerce=Overlap,
        initial=Overlap.DAY,
        widget=FocusedRadios,
        error_messages={"required": _("Choose when the old secret stops.")},
    )
    revoke = forms.BooleanField(label=_("Also revoke all tokens now"), required=False)
    current = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": OUT_OF_DATE, "invalid": OUT_OF_DATE}
    )
    end_older = KeysField(label=_("Older secret"), required=False)
