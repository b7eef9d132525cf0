"""Changing how an application's messages are treated."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict
from applications.models import Application, MessageSettings
from applications.models.audit import Action
from applications.models.message_settings import callback_policy
from applications.operations.actors import Actor
from applications.operations.audit import Entry, record_changes
from applications.operations.limits import check_change
from applications.operations.locks import lock_application
from applications.rules.message_settings import WITH_QUIET_HOURS, check_quiet_hours, parse_settings


@transaction.atomic
def update_message_settings(
    *, application: Application, changes: Mapping[str, Any], actor: Actor, fingerprint: str | None = None
) -> dict[str, list[Any]]:
    """Set these columns of MessageSettings, from the next message on; return what differs: column → [old, new].

    `fingerprint` is what `MessageSettings.fingerprint` said of the same columns when the caller read them: Conflict
    when
    somebody changed one of them since. Other columns may have changed. AccessDenied when the actor's credential lacks a
    scope of the application. Raises InvalidParam, which names the column, for a value that it cannot have, and for
    quiet hours that do not go together with what is stored. Writes nothing when nothing differs.
    """
    application = lock_application(application, actor, with_settings=True)
    check_change(actor, application)
    entries = apply_settings(application, changes, fingerprint)
    record_changes(actor, application, entries)
    return entries[0].details if entries else {}


def apply_settings(
    application: Application, changes: Mapping[str, Any], fingerprint: str | None
) -> list[Entry]:
    """Store the settings of a locked application; return the audit row to write, none when nothing differs."""
    stored, parsed = MessageSettings.of(application), parse_settings(changes, callback_policy())
    if fingerprint is not None and fingerprint != stored.fingerprint(parsed):
        raise Conflict(_("Somebody else changed these settings. What they saved is shown below."))
    _check_quiet_hours(stored, parsed)
    before = stored.values(parsed)
    changed = {name: [before[name], value] for name, value in parsed.items() if before[name] != value}
    if not changed:
        return []
    for name, (_old, new) in changed.items():
        setattr(stored, name, new)
    stored.save(force_insert=stored._state.adding)
    return [Entry(Action.MESSAGES_CHANGED, changed)]


def _check_quiet_hours(stored: MessageSettings, parsed: dict[str, Any]) -> None:
    """Raise InvalidParam for an end that does not go together with the other, changed too or stored already."""
    for channel in WITH_QUIET_HOURS:
        ends = (f"{channel}_quiet_start", f"{channel}_quiet_stop")
        if parsed.keys() & set(ends):
            check_quiet_hours(channel, stored.values(ends) | parsed)
