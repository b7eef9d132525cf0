"""Inviting members, their roles, and joining."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from applications.forms.parsed import ParsedField
from applications.models import User
from applications.models.memberships import Role
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName


class RoleForm(forms.Form):
    """Its `cleaned_data` is the role."""

    role = forms.TypedChoiceField(
        label=_("Role"),
        choices=Role,
        coerce=Role,
        initial=Role.VIEWER,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role."), "invalid_choice": _("Choose a role.")},
    )


class InviteForm(RoleForm):
    """Its `cleaned_data` is what `invite_member` takes."""

    email = ParsedField(
        EmailAddress,
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write an email address, such as name@example.com.")},
    )
    field_order = ("email", "role")


class JoinForm(forms.Form):
    """Name and password of a new person; its `cleaned_data` is what `accept_invitation_as_new` takes."""

    name = ParsedField(
        ProperName,
        label=_("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": _("Write your name, by which your colleagues know you.")},
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a password.")},
    )

    def __init__(self, email: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, and against what is easy to guess of this person."""
        if password := self.cleaned_data.get("password"):
            person = User(email=self.email, name=self.cleaned_data.get("name", ""))
            try:
                password_validation.validate_password(password, person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
