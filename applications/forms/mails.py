"""Which mails a member gets."""

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.models.mails import MailKind


class MailsForm(forms.Form):
    """Its `cleaned_data` is what `choose_mails` takes."""

    kinds = forms.TypedMultipleChoiceField(
        label=_("Mails about the account"), choices=MailKind, coerce=MailKind, required=False, empty_value=[]
    )
    own_acts = forms.BooleanField(label=_("Also about what I do myself"), required=False)
