"""Taking in the events that a resource server hands over: once it is answered, they are stored or counted."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict
from applications.models import (
    Application,
    AuditEvent,
    Delivery,
    EventCount,
    EventKey,
    MessageSettings,
    Webhook,
)
from applications.models.adding import add_to_rows
from applications.models.audit import Action
from applications.models.deliveries import database_time, new_key
from applications.models.events import NotQueued, take_key
from applications.operations.sweeping import sweep_rows
from applications.rules.credentials import is_credential
from applications.rules.idempotency import IdempotencyKey
from applications.rules.webhook_events import EventBatch


@dataclass(frozen=True, slots=True)
class Received:
    """How many objects were taken, and how many deliveries wait with them; `reason` says why none does."""

    accepted: int
    deliveries: int
    reason: str = ""


@transaction.atomic
def receive_events(
    *, server_pk: int, batch: EventBatch, body: bytes, key: IdempotencyKey | None = None
) -> Received:
    """Store events for the URL that they go to, and return what came of them.

    `body` is the request as it came, of the resource server with the key `server_pk`. A second one with the same
    `key` within 24 hours stores nothing and is answered like the first, even while that one is being stored; Conflict
    when its body is another.
    """
    moment = database_time()
    if key is None:
        return _store(batch, moment)
    digest = hashlib.sha256(body).digest()
    EventKey.objects.filter(server=server_pk, key=key).over(moment).delete()
    taken = take_key(server_pk, key, digest, moment)
    if taken is None:
        return _answered_before(server_pk, key, digest)
    received = _store(batch, moment)
    EventKey.objects.filter(pk=taken).update(answer=asdict(received))
    return received


def _answered_before(server_pk: int, key: IdempotencyKey, digest: bytes) -> Received:
    stored = EventKey.objects.get(server=server_pk, key=key)
    if bytes(stored.body) != digest:
        raise Conflict(
            _(
                "This Idempotency-Key came with another body in the last 24 hours. Use a new key for new events."
            )
        )
    return Received(**stored.answer)


def _store(batch: EventBatch, moment: datetime) -> Received:
    application = _application(batch.application_id)
    if application is None:
        reason = NotQueued.DELETED if _was_deleted(batch.application_id) else NotQueued.UNKNOWN
        return _count(0, batch, reason, moment, accepted=0)
    if not application.is_enabled:
        return _count(application.pk, batch, NotQueued.DISABLED, moment, accepted=0)
    url: str = getattr(MessageSettings.of(application), batch.route.setting)
    if not url:
        return _count(application.pk, batch, NotQueued.NO_URL, moment)
    webhook = webhook_of(application.pk, batch.route.setting, url)
    if webhook.is_off(url):
        return _count(application.pk, batch, NotQueued.URL_OFF, moment)
    return Received(len(batch.data), _queue(batch, webhook, url, moment))


def _queue(batch: EventBatch, webhook: Webhook, url: str, moment: datetime) -> int:
    deliveries = [
        Delivery(
            application_id=webhook.application_id,
            webhook=webhook,
            key=new_key(),
            event=batch.route.event,
            url=url,
            object_count=portion.objects,
            data=portion.data,
            keys=portion.keys,
            created_at=moment,
            next_attempt_at=moment,
        )
        for portion in batch.portions()
    ]
    Delivery.objects.bulk_create(deliveries)
    return len(deliveries)


def _application(application_id: str) -> Application | None:
    if not is_credential(application_id):  # what cannot be an ID may hold what the store cannot take
        return None
    found = Application.objects.select_related("message_settings").filter(application_id=application_id)
    return found.first()


def _was_deleted(application_id: str) -> bool:
    return (
        is_credential(application_id)
        and AuditEvent.objects.filter(
            application_id=application_id, action=Action.APPLICATION_DELETED
        ).exists()
    )


def webhook_of(application_pk: int, setting: str, url: str) -> Webhook:
    """Return the webhook of a setting, made with its first event; of two first events at once, one makes it."""
    of_setting = Webhook.objects.filter(application=application_pk, setting=setting)
    if (found := of_setting.first()) is None:
        new = Webhook(application_id=application_pk, setting=setting, url=url)
        Webhook.objects.bulk_create([new], ignore_conflicts=True)
        found = of_setting.get()
    return found


def locked_webhook_of(application_pk: int, setting: str, url: str) -> Webhook:
    """Return the webhook of a setting, made if need be, locked until the transaction ends."""
    return Webhook.objects.select_for_update().get(pk=webhook_of(application_pk, setting, url).pk)


def _count(
    application_pk: int, batch: EventBatch, reason: NotQueued, moment: datetime, accepted: int | None = None
) -> Received:
    number = len(batch.data)
    counted = {(moment.date(), application_pk, reason.value): (number,)}
    add_to_rows(EventCount, ("day", "application_pk", "reason"), ("number",), counted)
    return Received(number if accepted is None else accepted, 0, reason.value)


def purge_events() -> int:
    """Delete Idempotency-Keys of more than 24 hours ago; return how many."""
    return sweep_rows(EventKey.objects.all().over(database_time()))
