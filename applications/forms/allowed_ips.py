"""A line of a list of allowed IPs, and the answer to what it would lock out."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from applications.errors import InvalidParam
from applications.forms.lines import NoteField
from applications.rules.networks import NetworkText


class NetworkField(forms.CharField):
    """An address or network; its value is the canonical text, "192.0.2.1/32"."""

    def clean(self, value: Any) -> NetworkText:
        text = super().clean(value)
        try:
            return NetworkText(text)
        except InvalidParam as error:
            raise ValidationError(error.message, code="network") from None


class AllowedIPForm(forms.Form):
    """A line: an address or network, and what it is."""

    network = NetworkField(
        label=_("Address or network"),
        error_messages={"required": _("Write an address or a network.")},
        widget=forms.TextInput(
            attrs={"placeholder": "198.51.100.0/24", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    note = NoteField(
        label=_("Note"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Shop servers, Berlin"), "autocomplete": "off"}),
    )


class NetworksField(forms.MultipleChoiceField):
    """Any number of addresses or networks; its value is a list of canonical texts."""

    def valid_value(self, value: Any) -> bool:
        return True

    def clean(self, value: Any) -> list[NetworkText]:
        return [NetworkField().clean(text) for text in super().clean(value)]


class LockOutForm(forms.Form):
    """What a member says who was shown the addresses that a change would lock out.

    `save` is empty as long as nobody was asked; `chosen` are the addresses to be added as well; `others_stay` says
    that the question was about one line of several.
    """

    save = forms.ChoiceField(choices=[("with", ""), ("without", "")], required=False)
    chosen = NetworksField(required=False)
    others_stay = forms.BooleanField(required=False)

    @property
    def answered(self) -> bool:
        """Whether the member has been asked, and said how to go on."""
        return self.is_valid() and bool(self.cleaned_data["save"])

    @property
    def also(self) -> list[NetworkText]:
        """Which addresses to add besides."""
        return self.cleaned_data["chosen"] if self.answered and self.cleaned_data["save"] == "with" else []
