"""Changing several things of an application at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from applications.models import Application, Scope
from applications.operations.actors import Actor
from applications.operations.applications import locked, switch_application, update_application
from applications.operations.message_settings import update_message_settings


@transaction.atomic
def change_application(
    *,
    application: Application,
    actor: Actor,
    name: str | None = None,
    lifetime: str | None = None,
    scopes: Iterable[Scope] | None = None,
    enabled: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    settings_seen: str | None = None,
) -> Application:
    """Change what is given, and leave what is None as it is now; all of it or, when anything is refused, nothing.

    `settings` and `settings_seen` are what `update_message_settings` takes. Returns the application as stored. Raises
    what the operations for each raise.
    """
    application = locked(application)
    if not (name is None and lifetime is None and scopes is None):
        application = update_application(
            application=application,
            name=application.name if name is None else name,
            lifetime=application.lifetime if lifetime is None else lifetime,
            scopes=application.scopes.all() if scopes is None else scopes,
            actor=actor,
        )
    if enabled is not None:
        switch_application(application=application, enabled=enabled, actor=actor)
        application.is_enabled = enabled
    if settings:
        update_message_settings(application=application, changes=settings, actor=actor, seen=settings_seen)
    return application
