"""Resetting an application's secret, with an overlap in which both work."""

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, NotFound
from applications.models import Application, ApplicationSecret
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.applications import locked
from applications.operations.audit import record_for
from applications.operations.tokens import end_generation
from applications.rules.credentials import digest, hint, new_credential


@transaction.atomic
def reset_secret(
    *,
    application: Application,
    overlap: timedelta,
    actor: Actor,
    revoke_tokens: bool = False,
    current: int | None = None,
) -> str:
    """Return a new secret; the current one stops after `overlap`, an earlier old one stops now.

    `current` is the key of the secret the caller saw as current: Conflict when it is no longer, so that the
    double click and the second admin make no second secret. With `revoke_tokens` every token dies too,
    in the same transaction as the change of the secret.
    """
    application, moment = locked(application), now()
    old = application.secrets.get(expires_at=None)
    if current is not None and current != old.pk:
        raise Conflict(_("The secret was reset in the meantime. Nothing was changed just now."))
    application.secrets.filter(expires_at__gt=moment).update(expires_at=moment)
    application.secrets.filter(pk=old.pk).update(expires_at=moment + overlap)
    secret = new_credential()
    application.secrets.create(digest=digest(secret), hint=hint(secret), created_by=actor.name)
    if revoke_tokens:
        end_generation(application)
    details = {"old": old.hint, "stops": moment + overlap, "tokens_revoked": revoke_tokens}
    record_for(actor, application, Action.SECRET_RESET, details)
    return secret


@transaction.atomic
def retire_secret(*, secret: ApplicationSecret, actor: Actor) -> None:
    """Stop an old secret before its overlap ends; NotFound when it is the current one or has ended."""
    application, moment = locked(secret.application), now()
    if not application.secrets.filter(pk=secret.pk, expires_at__gt=moment).update(expires_at=moment):
        raise NotFound(_("This secret has stopped already."))
    record_for(actor, application, Action.SECRET_RETIRED, {"old": secret.hint})
