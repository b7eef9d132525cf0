"""Writing the audit log: one row a change, in the change's own transaction, chained by digests."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import now

from applications.models import Account, Application, AuditEvent
from applications.models.audit import Action, lock_operators_chain
from applications.operations.actors import Actor

FIRST = bytes(32)  # what an account's first row has as its predecessor's digest


def record(
    actor: Actor,
    account: Account | None,
    action: Action,
    *,
    application_id: str = "",
    target: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append a row to the account's chain; call it inside the transaction of the change.

    The account's row is locked first, so that two changes at once make a chain and not a fork; without an
    account (what the operator does to none), that chain itself.
    """
    if account is None:
        lock_operators_chain()
    else:
        Account.objects.select_for_update().get(pk=account.pk)
    latest = AuditEvent.objects.filter(account=account).first()
    event = AuditEvent(
        account=account,
        action=action,
        actor_kind=actor.kind,
        actor=actor.name,
        application_id=application_id,
        target=target,
        details=details or {},
        ip=actor.ip,
        request_id=actor.request_id,
        created_at=actor.at or now(),
        previous=bytes(latest.digest) if latest else FIRST,
    )
    event.digest = chained(event)
    event.save(force_insert=True)
    return event


def record_for(
    actor: Actor, application: Application, action: Action, details: dict[str, Any] | None = None
) -> AuditEvent:
    """Append a row about an application, named by its ID and the name it has now."""
    return record(
        actor,
        application.account,
        action,
        application_id=application.application_id,
        target=str(application),
        details=details,
    )


def chained(event: AuditEvent) -> bytes:
    """Return the SHA-256 over the predecessor's digest and the row's facts in canonical JSON."""
    facts = json.dumps(event.facts(), sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(bytes(event.previous) + facts.encode()).digest()
