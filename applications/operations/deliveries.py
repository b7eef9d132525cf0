"""Leasing deliveries to workers: who may send what now (docs/decisions/0029).

The row of a webhook is the lock of all its deliveries. Whoever holds it may lease them, at most four at once, and end
them. A lease is a time in the row: a worker that dies lets go of it by dying. All times are of the database's clock.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from applications.models import Delivery, MessageSettings, Webhook
from applications.models.deliveries import (
    MOST_AT_ONCE,
    EndReason,
    State,
    database_time,
)
from applications.models.statements.deliveries import first_due, webhooks_with_due_deliveries
from applications.operations.delivery_order import choose
from applications.rules.webhook_events import MAX_OBJECTS_SENT, body_of

LEASE: Final = timedelta(seconds=60)  # far more than the 10 seconds that an attempt may take
LOOKED_AT: Final = 8  # deliveries of one webhook that are looked at for the next to send …
LOOKED_AT_IF_SMALL: Final = 200  # … and where those would all fit into one request
ENDED_AT_ONCE: Final = 1_000  # deliveries that end in one transaction
MOST_BYTES_MERGED: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt for a worker: what to send where. `is_doubtful`: nothing says that the receiver will answer soon."""

    delivery_pk: int
    webhook_pk: int
    application_pk: int
    lease: uuid.UUID
    key: str
    number: int
    url: str
    body: bytes
    is_doubtful: bool


@dataclass(slots=True)
class Lane:
    """A locked webhook, the URL that is set now, and the groups of deliveries to send there, each as one."""

    webhook: Webhook
    url: str
    groups: list[list[Delivery]]


def claim_deliveries(*, most: int, most_doubtful: int, begin: bool = True) -> list[Job]:
    """Lease about `most` deliveries that are due, the longest wait first, and return what to send.

    Up to `most_doubtful` of them are for receivers that did not answer the last time, or were never asked: those get
    one request at a time, others four. What waits for one URL and was never sent is merged, up to 200 objects. What is
    about the same message as a delivery under way waits for it. `begin` False only reserves them, for `begin_attempt`.
    Deliveries whose URL was removed or switched off, or whose application was disabled, end here.
    """
    moment = database_time()
    due = webhooks_with_due_deliveries(moment) if most > 0 else []
    return _claim(due, moment, most, most_doubtful, begin) if due else []


@transaction.atomic
def _claim(due: list[int], moment: datetime, most: int, most_doubtful: int, begin: bool) -> list[Job]:
    lanes = _lanes(_locked(_with_room(due, moment, most, most_doubtful)), moment)
    _load_bodies(lanes)
    return _lease(lanes, moment, begin)


@transaction.atomic
def begin_attempt(*, delivery_pk: int) -> Job | None:
    """Begin what `claim_deliveries` reserved, and return what to send.

    None where it was begun before, so that of two messages about one delivery the second does nothing, and where
    nothing may be sent any more: then it is due again, for `claim_deliveries` to end.
    """
    moment = database_time()
    reserved = Delivery.objects.under_way(moment).filter(pk=delivery_pk, carried=False)
    delivery = reserved.select_for_update(of=("self",)).first()
    webhook = delivery and _webhooks().filter(pk=delivery.webhook_id).first()
    if delivery is None:
        return None
    url = _url(webhook) if webhook and webhook.application.is_enabled else ""
    if not webhook or not url or webhook.is_off(url):
        delivery.lease, delivery.next_attempt_at = None, moment
        delivery.save(update_fields=["lease", "next_attempt_at"])
        return None
    delivery.lease, delivery.carried, delivery.next_attempt_at = uuid.uuid4(), True, moment + LEASE
    delivery.save(update_fields=["lease", "carried", "next_attempt_at"])
    return job_of(delivery, webhook, url)


@transaction.atomic
def release_deliveries(*, jobs: Sequence[Job]) -> None:
    """Let go of what a worker will not finish, so that others need not wait for the end of its lease."""
    for job in jobs:
        held = Delivery.objects.filter(pk=job.delivery_pk, lease=job.lease)
        held.update(lease=None, carried=False, next_attempt_at=database_time())


def job_of(delivery: Delivery, webhook: Webhook, url: str) -> Job:
    """Return what to send for a leased delivery."""
    assert delivery.lease is not None
    return Job(
        delivery_pk=delivery.pk,
        webhook_pk=webhook.pk,
        application_pk=webhook.application_id,
        lease=delivery.lease,
        key=delivery.key,
        number=delivery.attempts + 1,
        url=url,
        body=body_of(delivery.event, delivery.data),
        is_doubtful=not webhook.is_good,
    )


def _with_room(due: list[int], moment: datetime, most: int, most_doubtful: int) -> list[int]:
    """Return which webhooks to lock: those that may have another request, as far as the worker has room for them.

    Receivers that are known to answer come first, but leave a quarter to others; then those that were never called.
    """
    taken = Counter(Delivery.objects.under_way(moment).values_list("webhook_id", flat=True))
    known = Webhook.objects.in_bulk(due)
    _end_orphans([pk for pk in due if pk not in known], moment)
    waiting = [known[pk] for pk in due if pk in known and taken[pk] < _width(known[pk])]
    good = [webhook.pk for webhook in waiting if webhook.is_good]
    doubtful = sorted((each for each in waiting if not each.is_good), key=lambda each: each.failures > 0)
    left = min(len(doubtful), most_doubtful, max(1, most // 4))
    good = good[: max(1, (most - max(0, left)) // MOST_AT_ONCE)]
    room = min(most - len(good) * MOST_AT_ONCE, most_doubtful)
    return good + [webhook.pk for webhook in doubtful[: max(0, room)]]


def _width(webhook: Webhook) -> int:
    return MOST_AT_ONCE if webhook.is_good else 1


def _webhooks() -> "QuerySet[Webhook]":
    return Webhook.objects.select_related("application__message_settings")


def _locked(pks: list[int]) -> list[Webhook]:
    """Return the webhooks that no other worker has in hand, locked, with their application and its settings."""
    return list(_webhooks().filter(pk__in=pks).select_for_update(skip_locked=True, of=("self",)))


def _url(webhook: Webhook) -> str:
    return webhook.url_now(MessageSettings.of(webhook.application))


def _busy(webhooks: list[Webhook], moment: datetime) -> dict[int, list[str]]:
    """Return the keys of the deliveries under way, by webhook."""
    found: dict[int, list[str]] = defaultdict(list)
    under_way = Delivery.objects.under_way(moment).filter(webhook__in=[webhook.pk for webhook in webhooks])
    for pk, keys in under_way.values_list("webhook_id", "keys"):
        found[pk].append(keys)
    return found


def _lanes(webhooks: list[Webhook], moment: datetime) -> list[Lane]:
    """Return what may be sent to the URLs of locked webhooks now; where nothing may any more, what waits ends."""
    urls = {webhook.pk: _url(webhook) for webhook in webhooks}
    open_ones = []
    for webhook in webhooks:
        if reason := _end_reason(webhook, urls[webhook.pk]):
            _end(webhook, reason, moment)
        else:
            open_ones.append(webhook)
            if webhook.renewed(urls[webhook.pk]):
                webhook.save()
    due, busy = _due([webhook.pk for webhook in open_ones], moment), _busy(open_ones, moment)
    return [
        Lane(each, urls[each.pk], choose(due[each.pk], _width(each) - len(busy[each.pk]), busy[each.pk]))
        for each in open_ones
    ]


def _due(webhook_pks: list[int], moment: datetime) -> dict[int, list[Delivery]]:
    """Return the first of what is due for each webhook, more of it where it is small."""
    found = first_due(webhook_pks, moment, LOOKED_AT)
    small = [
        pk for pk in webhook_pks if len(found[pk]) == LOOKED_AT and _objects(found[pk]) < MAX_OBJECTS_SENT
    ]
    return found | (first_due(small, moment, LOOKED_AT_IF_SMALL) if small else {})


def _objects(deliveries: list[Delivery]) -> int:
    return sum(delivery.object_count for delivery in deliveries)


def _end_reason(webhook: Webhook, url: str) -> EndReason | None:
    if not webhook.application.is_enabled:
        return EndReason.DISABLED
    if not url:
        return EndReason.URL_REMOVED
    return EndReason.SWITCHED_OFF if webhook.is_off(url) else None


def _end(webhook: Webhook, reason: EndReason, moment: datetime) -> None:
    """End what waits for a locked webhook and is due; what waits for a later attempt ends when that is due."""
    due = Delivery.objects.filter(webhook=webhook.pk).due(moment)
    _fail(list(due.values_list("pk", flat=True)[:ENDED_AT_ONCE]), reason, moment)


def _end_orphans(webhook_pks: list[int], moment: datetime) -> None:
    """End what waits for applications that were deleted; no worker can have locked what is no more."""
    due = Delivery.objects.filter(webhook__in=webhook_pks).due(moment)
    if webhook_pks:
        _fail(list(due.values_list("pk", flat=True)[:ENDED_AT_ONCE]), EndReason.DELETED, moment)


def _fail(pks: list[int], reason: EndReason, moment: datetime) -> None:
    ended = Delivery.objects.filter(pk__in=pks, state=State.WAITING)
    ended.update(
        state=State.FAILED,
        end_reason=reason,
        ended_at=moment,
        next_attempt_at=None,
        lease=None,
        carried=False,
        keys="",
    )


def _load_bodies(lanes: list[Lane]) -> None:
    """Read the bodies of what is to be sent, in one question for all."""
    wanted = [delivery for lane in lanes for group in lane.groups for delivery in group]
    bodies = dict(Delivery.objects.filter(pk__in=[each.pk for each in wanted]).values_list("pk", "data"))
    for delivery in wanted:
        delivery.data = bodies[delivery.pk]


def _lease(lanes: list[Lane], moment: datetime, begin: bool) -> list[Job]:
    lease, jobs = uuid.uuid4(), []
    for lane in lanes:
        for group in lane.groups:
            first = _merged(group)
            first.lease = lease
            jobs.append(job_of(first, lane.webhook, lane.url))
    leased = Delivery.objects.filter(pk__in=[job.delivery_pk for job in jobs])
    leased.update(lease=lease, carried=begin, next_attempt_at=moment + LEASE)
    return jobs


def _merged(group: list[Delivery]) -> Delivery:
    """Put the objects of the others into the first delivery, as many as fit into one request, and return it."""
    first, *others = group
    joined, size = [], len(first.data)
    for other in others:
        size += len(other.data)
        if size > MOST_BYTES_MERGED:
            break
        joined.append(other)
    if joined:
        Delivery.objects.filter(pk__in=[other.pk for other in joined]).delete()
        first.data = ",".join(each.data for each in (first, *joined))
        first.keys = " ".join(dict.fromkeys(" ".join(each.keys for each in (first, *joined)).split()))
        first.object_count += sum(other.object_count for other in joined)
        first.save(update_fields=["data", "keys", "object_count"])
    return first
