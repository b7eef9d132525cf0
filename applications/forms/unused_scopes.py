"""Taking away scopes that an application does not use."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class RemoveScopesForm(forms.Form):
    """Which of the `unused` scopes to take away, all of them at first; `revision` as in SettingsForm."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes to remove"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one scope to remove."),
            "invalid_choice": _("“%(value)s” was used or taken away in the meantime."),
        },
    )

    def __init__(self, unused: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(name, name) for name in unused]  # type: ignore[attr-defined]  # a choice field
