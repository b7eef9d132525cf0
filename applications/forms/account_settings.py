"""The settings of an account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.forms.parsed import ParsedField
from applications.models.applications import Lifetime
from applications.rules.names import ProperName
from applications.rules.time_zones import TimeZone


class AccountSettingsForm(forms.Form):
    """Its `cleaned_data` is what `update_account` takes; `revision` is that of the settings that the sender saw."""

    name = ParsedField(
        ProperName,
        label=_("Name"),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "dir": "auto"}),
        error_messages={"required": _("Write a name.")},
    )
    timezone = ParsedField(
        TimeZone,
        label=_("Time zone"),
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Choose a time zone of the list, such as Europe/Warsaw.")},
    )
    default_lifetime = forms.TypedChoiceField(
        label=_("Token lifetime"), choices=Lifetime, coerce=Lifetime, widget=forms.RadioSelect
    )
    requires_second_factor = forms.BooleanField(
        label=_("Every member needs a second factor"),
        required=False,
        help_text=_(
            "An authenticator app or a passkey. Members without one reach only the page to set it up."
        ),
    )
    stops_found_secrets = forms.BooleanField(
        label=_("Stop a secret that was found"),
        required=False,
        help_text=_(
            "The secret stops at once, and all tokens of its application with it. Without the tick you are told by"
            " mail and in the panel, and it goes on working. Tokens and API keys that were found always stop."
        ),
    )
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
