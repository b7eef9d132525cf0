"""Changing how an application's messages are treated."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict
from applications.models import Application, MessageSettings
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.applications import locked
from applications.operations.audit import record_for
from applications.operations.limits import check_change


@transaction.atomic
def update_message_settings(
    *, application: Application, changes: Mapping[str, Any], actor: Actor, seen: str | None = None
) -> dict[str, list[Any]]:
    """Set these columns of MessageSettings, from the next message on; return what differs: column → [old, new].

    `seen` is what `MessageSettings.seen` said of the same columns when the caller read them: Conflict when
    somebody changed one of them since. Other columns may have changed. AccessDenied when the actor's credential lacks a
    scope of the application. Writes nothing when nothing differs.
    """
    application = locked(application)
    check_change(actor, application)
    stored = MessageSettings.objects.of(application.pk)
    if seen is not None and seen != stored.seen(changes):
        raise Conflict(_("Somebody else changed these settings. What they saved is shown below."))
    before = stored.values(changes)
    changed = {name: [before[name], value] for name, value in changes.items() if before[name] != value}
    if changed:
        for name, (_old, new) in changed.items():
            setattr(stored, name, new)
        stored.save()
        record_for(actor, application, Action.MESSAGES_CHANGED, changed)
    return changed
