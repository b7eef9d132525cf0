"""Enabling and disabling an application."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SwitchForm(forms.Form):
    """Which way the switch is turned."""

    enabled = forms.ChoiceField(choices=[("on", _("Enabled")), ("off", _("Disabled"))])
