"""`settings` in the body of a PATCH: the documented structure, any part of it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField, IntegerField

from applications.api.bodies import Kind, flag, structure, text, whole
from applications.api.errors import invalid
from applications.forms.callbacks import CALLBACK_FORMS
from applications.forms.message_settings import CHANNELS
from applications.models import Application, MessageSettings
from applications.models.message_settings import CALLBACKS, DOCUMENTED, Names
from applications.rules.quiet_hours import is_clock

EMPTY_WHEN_NULL = {*CALLBACKS, "sms_sender"}


def settings_changes(application: Application, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what `change_application` takes to set what `settings` names and leave the rest.

    A form judges a channel as a whole, so what it saw of the channel goes with the changes: they are refused when
    somebody else changed it meanwhile. Raises ApiError for a key that is unknown, another type of value, and what the
    forms of the panel refuse.
    """
    given = _read(settings, DOCUMENTED, "settings")
    stored = MessageSettings.of(application)
    changes: dict[str, Any] = {}
    for form_class in (*CHANNELS.values(), *CALLBACK_FORMS.values()):
        columns = form_class.columns()
        if not given.keys() & set(columns):
            continue
        values = stored.values(columns) | given
        form = form_class(values)
        for column, errors in form.errors.items():
            raise invalid(PATHS[_at_fault(column, given, values)], str(errors[0]))
        changes |= stored.values(columns) | {
            name: form.cleaned_data[name] for name in columns if name in given
        }
    return {"settings": changes, "settings_fingerprint": stored.fingerprint(changes)} if changes else {}


def _at_fault(column: str, given: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Return the column to name: of two that do not go together the one that was sent."""
    start = column.replace("_quiet_stop", "_quiet_start")
    stored_alone = column not in given and start in given and values[column]
    return start if stored_alone else column


def _read(values: Any, names: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return column → value of each member of an object, and of the objects in it."""
    read: dict[str, Any] = {}
    try:
        pairs = structure(values).items()
    except ValueError as error:
        raise invalid(path, f"It must be {error}.") from None
    for name, value in pairs:
        here = f"{path}.{name[:40]}"
        if name not in names:
            raise invalid(here, f"It is unknown. Known are {', '.join(names)}.")
        column = names[name]
        read |= (
            {column: _value(column, value, here)} if isinstance(column, str) else _read(value, column, here)
        )
    return read


def _value(column: str, value: Any, path: str) -> Any:
    if value is None and column in EMPTY_WHEN_NULL:
        return ""
    try:
        return _kind(column)(value)
    except ValueError as error:
        raise invalid(path, f"It must be {error}.") from None


def _clock(value: Any) -> str:
    """A time of day exactly as it is stored: the panel forgives what people type, programs are told."""
    written = text(value)
    if written and not is_clock(written):
        raise ValueError("a time from 00:00 to 23:59, exactly as 09:30, or empty")
    return written


def _kind(column: str) -> Kind:
    if column.endswith(("_quiet_start", "_quiet_stop")):
        return _clock
    field = MessageSettings._meta.get_field(column)
    if isinstance(field, BooleanField):
        return flag
    return whole if isinstance(field, IntegerField) else text


def _paths(names: Names, path: str) -> dict[str, str]:
    """Column → where it stands in the body: "settings.sms.quietHours.start"."""
    found: dict[str, str] = {}
    for name, column in names.items():
        here = f"{path}.{name}"
        found |= {column: here} if isinstance(column, str) else _paths(column, here)
    return found


PATHS = {
    column: path
    for channel, names in DOCUMENTED.items()
    for column, path in _paths(names, f"settings.{channel}").items()
}
