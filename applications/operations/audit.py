"""Writing the audit log: one row a change, in the change's own transaction, chained by digests."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import OuterRef, Subquery
from django.utils.timezone import now

from applications.models import Account, Application, AuditEvent
from applications.models.audit import Action, lock_operators_chain
from applications.operations.actors import Actor
from applications.operations.news import tell_of_row
from applications.operations.rows import insert_rows

FIRST = bytes(32)  # what an account's first row has as its predecessor's digest


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says besides who and about what."""

    action: Action
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of one of several accounts that a change is about."""

    account_pk: int
    action: Action
    application_id: str = ""
    target: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def record(
    actor: Actor,
    account: Account | None,
    action: Action,
    *,
    application_id: str = "",
    target: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Append a row to the account's chain; call it inside the transaction of the change.

    The caller holds the account's lock (operations/locks.py) or has just made the account, so that two changes at once
    make a chain and not a fork, which the database would refuse. Without an account (what the operator does to none),
    that chain is locked here.
    """
    entries = [Entry(action, details or {})]
    _append(actor, account, entries, application_id=application_id, target=target)


def record_for(
    actor: Actor, application: Application, action: Action, details: dict[str, Any] | None = None
) -> None:
    """Append a row about an application, named by its ID and the name it has now."""
    record_changes(actor, application, [Entry(action, details or {})])


def record_changes(actor: Actor, application: Application, entries: Sequence[Entry]) -> None:
    """Append the rows about an application that one change makes, if any, in this order."""
    if entries:
        about = {"application_id": application.application_id, "target": str(application)}
        _append(actor, application.account, entries, **about)


def record_in_accounts(actor: Actor, accounts: Mapping[int, Account], rows: Sequence[Row]) -> None:
    """Append rows to the chains of several accounts, whose locks the caller holds: two statements, however many."""
    latest = AuditEvent.objects.filter(account=OuterRef("pk")).order_by("-pk").values("digest")[:1]
    ends = Account.objects.filter(pk__in=[*accounts, 0]).values_list("pk", Subquery(latest))  # 0: no account
    previous = {pk: bytes(end) if end else FIRST for pk, end in ends}
    events = []
    for row in rows:
        about = {"application_id": row.application_id, "target": row.target}
        entry, account = Entry(row.action, row.details), accounts[row.account_pk]
        events.append(_event(actor, account, entry, previous[account.pk], **about))
        previous[account.pk] = bytes(events[-1].digest)
    insert_rows(AuditEvent, events)
    for event in events:
        tell_of_row(accounts[event.account_id or 0], event, actor)


def _append(actor: Actor, account: Account | None, entries: Sequence[Entry], **about: str) -> None:
    if account is None:
        lock_operators_chain()
    latest = AuditEvent.objects.filter(account=account).first()
    previous = bytes(latest.digest) if latest else FIRST
    events = []
    for entry in entries:
        events.append(_event(actor, account, entry, previous, **about))
        previous = bytes(events[-1].digest)
    AuditEvent.objects.bulk_create(events)
    if account is not None:
        for event in events:
            tell_of_row(account, event, actor)


def _event(actor: Actor, account: Account | None, entry: Entry, previous: bytes, **about: str) -> AuditEvent:
    event = AuditEvent(
        account=account,
        action=entry.action,
        actor_kind=actor.kind,
        actor=actor.name,
        details=entry.details,
        ip=actor.ip,
        request_id=actor.request_id,
        created_at=actor.at or now(),
        previous=previous,
        **about,
    )
    event.digest = chained(event)
    return event


def chained(event: AuditEvent) -> bytes:
    """Return the SHA-256 over the predecessor's digest and the row's facts in canonical JSON."""
    facts = json.dumps(event.facts(), sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(bytes(event.previous) + facts.encode()).digest()
