"""Changing several things of an application at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from applications.models import Application, Scope
from applications.models.applications import Lifetime
from applications.operations.actors import Actor
from applications.operations.applications import apply_state, apply_update, store
from applications.operations.audit import record_changes
from applications.operations.limits import check_change
from applications.operations.locks import lock_application
from applications.operations.message_settings import apply_settings
from applications.rules.names import Name


@transaction.atomic
def change_application(
    *,
    application: Application,
    actor: Actor,
    name: Name | None = None,
    lifetime: Lifetime | None = None,
    scopes: Iterable[Scope] | None = None,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    settings_fingerprint: str | None = None,
) -> Application:
    """Change what is given, and leave what is None as it is now; all of it or, when anything is refused, nothing.

    `settings` and `settings_fingerprint` are what `update_message_settings` takes. Returns the application as stored.
    Raises what the operations for each raise.
    """
    application = lock_application(application, actor, with_settings=True)
    check_change(actor, application)
    entries = apply_update(application, actor, name=name, lifetime=lifetime, scopes=scopes)
    entries += apply_state(application, actor, enabled)
    store(application, entries)
    entries += apply_settings(application, settings, settings_fingerprint) if settings else []
    record_changes(actor, application, entries)
    return application
