"""Changing an application: its fields, and which state of it the sender saw."""

from django import forms

from applications.forms.applications import ApplicationForm


class SettingsForm(ApplicationForm):
    """`revision` is that of the application when the form was shown: two admins at once are told apart by it."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
