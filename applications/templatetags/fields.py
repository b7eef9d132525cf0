"""Tags and filters of forms: their fields, help and errors."""

from typing import Any

from django import template
from django.contrib.auth import password_validation
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm, BoundField, Field, Textarea
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField, css: str = "", help: str = "", bare: bool = False) -> SafeString:
    """Draw the field's widget in the panel's hand, tied to its help and its errors by aria-describedby.

    The texts themselves, with these ids, come from components/field.html. `bare` leaves out a placeholder
    that only repeats the label, as those of the sign-in library do.
    """
    texts = [*(["helptext"] if help or field.help_text else []), *(["error"] if field.errors else [])]
    attributes: dict[str, Any] = {"class": f"input {css}".strip()}
    if texts:
        attributes["aria-describedby"] = " ".join(f"{field.auto_id}_{text}" for text in texts)
    if getattr(field.field.widget, "input_type", "") == "text" or isinstance(field.field.widget, Textarea):
        attributes["dir"] = "auto"
    if bare:
        attributes["placeholder"] = False  # a widget leaves out what is False
    return field.as_widget(attrs=attributes)


@register.simple_tag
def error_line(field: BoundField, error: str) -> str:
    """An error as it stands in the summary, away from its field: "Name: This field is required."

    Only the framework's own words need the label before them; ours name what they mean.
    """
    return f"{field.label}: {error}" if error in Field.default_error_messages.values() else error


@register.filter
def has_error(form: BaseForm, code: str) -> bool:
    """Whether the form as a whole was refused with the error `code`."""
    return form.has_error(NON_FIELD_ERRORS, code)


@register.simple_tag
def password_help() -> str:
    """What a new password must be, in the words of the validators in force."""
    return " ".join(password_validation.password_validators_help_texts())
