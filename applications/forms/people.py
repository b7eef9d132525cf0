"""What people change about themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.forms.parsed import ParsedField
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName


class OwnNameForm(forms.Form):
    """Its `cleaned_data` is what `rename_person` takes."""

    name = ParsedField(
        ProperName,
        label=_("Name"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": _("Write your name, by which your colleagues know you.")},
    )


class NewEmailForm(forms.Form):
    """Its `cleaned_data` is what `ask_for_email_change` takes."""

    email = ParsedField(
        EmailAddress,
        label=_("New email"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Write an email address, such as name@example.com.")},
    )
