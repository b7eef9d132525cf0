"""The values of a form as text, for readers who may not change them and for what somebody else saved."""

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _

type Row = tuple[str | Promise, str]


def stored_fields(form: forms.Form) -> list[Row]:
    """Return label and value of each field that is seen, in words."""
    return [(field.label, _said(field)) for field in form.visible_fields()]


def _said(field: BoundField) -> str:
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field.field, forms.ChoiceField):
        labels: dict[object, object] = dict(field.field.choices)  # type: ignore[arg-type]  # as a list, not in groups
        return str(labels.get(value, value))
    return str(value) if value not in (None, "") else _("Not set")
