"""Fields of an application: the form of New and of Settings, in the panel and over the API."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.forms.lines import NameField
from applications.models import Scope
from applications.models.applications import Lifetime


class ApplicationForm(forms.Form):
    """Name, lifetime of tokens, scopes; `cleaned_data["scopes"]` is a queryset in catalogue order."""

    name = NameField(
        label=_("Name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),  # not the visitor's own name
    )
    lifetime = forms.TypedChoiceField(
        label=_("Token lifetime"),
        choices=Lifetime,
        coerce=Lifetime,
        initial=Lifetime.DAY,
        widget=forms.RadioSelect,
    )
    scopes = forms.ModelMultipleChoiceField(
        label=_("Scopes"),
        queryset=Scope.objects.none(),
        to_field_name="name",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one scope. An application without a scope could do nothing."),
            "invalid_choice": _("There is no scope “%(value)s”."),
        },
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as forms.Form takes them
        self.fields["scopes"].queryset = Scope.objects.available()  # type: ignore[attr-defined]  # a ModelMultipleChoiceField

    def keep(self, names: Iterable[str]) -> None:
        """Take the other fields out: a change of some things asks for no others."""
        for name in self.fields.keys() - set(names):
            del self.fields[name]
