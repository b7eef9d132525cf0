"""The form of a new API key."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.forms.lines import NameField
from applications.forms.new_application import SubmissionField
from applications.models import Scope
from applications.models.api_keys import MAX_YEARS

ISO = "%Y-%m-%d"
END_OF_DAY = time(23, 59, 59, fold=1)  # the later one, should clocks be set back over it


class Reach(models.TextChoices):
    """Whether a key holds the scopes that were chosen for it, or whatever there is."""

    CHOSEN = "chosen", _("Chosen scopes")
    ALL = "all", _("All scopes")


class LastDayField(forms.DateField):
    """The last day that something works; its value is the end of that day in the current time zone."""

    widget = forms.DateInput(format=ISO, attrs={"type": "date"})

    def clean(self, value: Any) -> datetime | None:
        day, today = super().clean(value), timezone.localdate()
        if day is None:
            return None
        if day < today:
            raise ValidationError(_("Choose today or a later day, or leave it empty."), code="past")
        if day > today + timedelta(days=365 * MAX_YEARS):
            words = _("Choose a day within the next %(years)d years, or leave it empty.")
            raise ValidationError(words, code="far", params={"years": MAX_YEARS})
        return datetime.combine(day, END_OF_DAY, timezone.get_current_timezone())


class NewAPIKeyForm(forms.Form):
    """Its `cleaned_data` is what `create_api_key` takes; `scopes` is None for all."""

    name = NameField(
        label=_("Name"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the key a name that says which program uses it.")},
    )
    reach = forms.ChoiceField(
        label=_("What it may do"),
        choices=Reach,
        initial=Reach.CHOSEN,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the key may do.")},
    )
    scopes = forms.ModelMultipleChoiceField(
        label=_("Scopes"),
        queryset=Scope.objects.none(),
        to_field_name="name",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("There is no scope “%(value)s”.")},
    )
    expires_at = LastDayField(
        label=_("Expiry date"),
        required=False,
        input_formats=[ISO],
        error_messages={"invalid": _("Write the date as year, month and day, such as 2027-01-31.")},
    )
    submission = SubmissionField(required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].queryset = Scope.objects.available()  # type: ignore[attr-defined]  # a ModelMultipleChoiceField

    def clean(self) -> dict[str, Any]:
        """Hold the scopes against the choice between some and all."""
        chosen = {**self.cleaned_data}
        reach = chosen.pop("reach", None)
        if reach == Reach.ALL:
            self.errors.pop("scopes", None)  # boxes that do not count cannot be wrong
            return {**chosen, "scopes": None}
        if reach == Reach.CHOSEN and "scopes" in chosen and not chosen["scopes"]:
            self.add_error("scopes", _("Choose at least one scope, or all scopes."))
        return chosen
