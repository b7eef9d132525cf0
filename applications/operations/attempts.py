"""What came of attempts: the delivery ends or waits for the next one, and its webhook fares better or worse."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from applications.models import (
    AttemptCount,
    Delivery,
    DeliveryAttempt,
    Webhook,
    WebhookDay,
    WebhookOptions,
)
from applications.models.adding import add_to_rows
from applications.models.deliveries import EndReason, State, database_time
from applications.models.statements.deliveries import save_attempted, save_states
from applications.models.webhooks import OffReason
from applications.operations.webhooks_off import lock_accounts_of_failing, record_switched_off
from applications.rules.attempts import GONE, is_success, next_delay, outcome

LONGEST_ANSWER: Final = 8_192  # characters of an answer that are kept
type Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Attempted:
    """One request that was made for a delivery, and what came back; `status` None and an `error` where nothing did.

    `peer` is the address and port that it was connected to, if it was. `lease` is that of the delivery when the request
    began. `retry_after` is what the receiver asked for, in seconds.
    """

    delivery_pk: int
    webhook_pk: int
    lease: uuid.UUID
    at: datetime
    url: str
    headers: Headers
    status: int | None
    error: str
    milliseconds: int
    answer_headers: Headers
    answer: bytes
    retry_after: int | None
    peer: str

    @property
    def succeeded(self) -> bool:
        return is_success(self.status, self.error)


@transaction.atomic
def finish_attempts(*, attempts: Sequence[Attempted]) -> int:
    """Store what came of attempts; return how many there were to store.

    An attempt whose lease was over, and whose delivery another worker has in hand by now, is left out: the other one
    counts. Receivers got both, with the same `webhook-id`.
    """
    moment = database_time()
    pks = {attempt.webhook_pk for attempt in attempts}
    lock_accounts_of_failing(
        failed={attempt.webhook_pk for attempt in attempts if not attempt.succeeded},
        gone={attempt.webhook_pk for attempt in attempts if attempt.status == GONE},
        moment=moment,
    )
    locked = Webhook.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    webhooks = {webhook.pk: webhook for webhook in locked.select_related("application__account")}
    rows = Delivery.objects.select_for_update().filter(pk__in=[each.delivery_pk for each in attempts])
    deliveries = rows.order_by("pk").in_bulk()
    held = [each for each in attempts if _is_held(deliveries.get(each.delivery_pk), each)]
    without_bodies = _without_bodies({webhook.application_id for webhook in webhooks.values()})
    finished = [
        _Finish(deliveries[each.delivery_pk], webhooks.get(each.webhook_pk), each, moment) for each in held
    ]
    for one in finished:
        one.apply(keeps_bodies=one.delivery.application_id not in without_bodies)
    _store(finished, moment)
    return len(finished)


def _is_held(delivery: Delivery | None, attempt: Attempted) -> bool:
    return delivery is not None and delivery.lease == attempt.lease


def _without_bodies(application_pks: set[int]) -> set[int]:
    """Return which of the applications keep no bodies of what has ended."""
    chosen = WebhookOptions.objects.filter(pk__in=application_pks, keeps_bodies=False)
    return set(chosen.values_list("pk", flat=True))


class _Finish:
    """One attempt with its locked delivery and webhook; without one the application was deleted meanwhile."""

    def __init__(
        self, delivery: Delivery, webhook: Webhook | None, attempt: Attempted, moment: datetime
    ) -> None:
        self.delivery, self.webhook, self.attempt, self.moment = delivery, webhook, attempt, moment

    def apply(self, *, keeps_bodies: bool) -> None:
        """Change the rows in memory."""
        delivery, attempt = self.delivery, self.attempt
        delivery.attempts, delivery.tries = delivery.attempts + 1, delivery.tries + 1
        delivery.status, delivery.error, delivery.url = attempt.status, attempt.error, attempt.url
        delivery.milliseconds, delivery.lease, delivery.carried = attempt.milliseconds, None, False
        self._note_on_webhook()
        if attempt.succeeded:
            self._end(State.DELIVERED)
        elif reason := self._end_reason():
            self._end(State.FAILED, reason)
        else:
            delay = next_delay(delivery.tries, attempt.retry_after)
            delivery.next_attempt_at = self.moment + delay if delay else None
            if delay is None:
                self._end(State.FAILED, EndReason.GIVEN_UP)
        self.keeps_answer = keeps_bodies
        if delivery.ended_at and not keeps_bodies:
            delivery.data = ""

    def row(self) -> DeliveryAttempt:
        """Return the attempt as it is stored."""
        attempt = self.attempt
        answer = attempt.answer.decode("utf-8", "replace").replace("\0", "\ufffd")
        return DeliveryAttempt(
            delivery=self.delivery,
            number=self.delivery.attempts,
            at=attempt.at,
            url=attempt.url,
            peer=attempt.peer,
            headers=[list(pair) for pair in attempt.headers],
            status=attempt.status,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
            answer_headers=[list(pair) for pair in attempt.answer_headers],
            body=answer[:LONGEST_ANSWER] if self.keeps_answer else "",
            answer_bytes=len(attempt.answer),
        )

    @property
    def counts(self) -> bool:
        """Whether it says something about the URL that is set now: not a test, and no URL of before."""
        webhook = self.webhook
        return webhook is not None and not self.delivery.is_test and webhook.url == self.attempt.url

    def _note_on_webhook(self) -> None:
        if self.webhook is None or not self.counts or self.webhook.off_at is not None:
            return
        self.webhook.attempted(self.attempt.succeeded, self.moment)
        reason = OffReason.GONE if self.attempt.status == GONE else None
        if not reason and self.webhook.is_due_to_end(self.moment):
            reason = OffReason.FAILING
        if reason:
            self.webhook.off_at, self.webhook.off_reason = self.moment, reason
            record_switched_off(self.webhook)

    def _end_reason(self) -> EndReason | None:
        if self.webhook is None:
            return EndReason.DELETED
        if self.attempt.status == GONE:
            return EndReason.GONE
        if self.delivery.is_test:
            return EndReason.GIVEN_UP
        return EndReason.SWITCHED_OFF if self.webhook.off_at is not None and self.counts else None

    def _end(self, state: State, reason: EndReason | str = "") -> None:
        delivery = self.delivery
        delivery.state, delivery.end_reason, delivery.ended_at = state, reason, self.moment
        delivery.next_attempt_at, delivery.keys = None, ""


def _store(finished: list[_Finish], moment: datetime) -> None:
    DeliveryAttempt.objects.bulk_create([one.row() for one in finished])
    save_attempted(one.delivery for one in finished)
    without = [one.delivery.pk for one in finished if not one.delivery.data]
    Delivery.objects.filter(pk__in=without).update(data="")
    save_states({one.webhook.pk: one.webhook for one in finished if one.webhook and one.counts}.values())
    _count(finished, moment)


def _count(finished: list[_Finish], moment: datetime) -> None:
    days: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in finished:
        if one.webhook and one.counts:
            sums = days[(one.webhook.pk, moment.date())]
            sums[0 if one.attempt.succeeded else 1] += 1
            sums[2] += one.attempt.milliseconds
    numbers = ("succeeded", "failed", "milliseconds")
    add_to_rows(WebhookDay, ("webhook_id", "day"), numbers, {key: tuple(sums) for key, sums in days.items()})
    outcomes = Counter(outcome(one.attempt.status, one.attempt.error) for one in finished)
    add_to_rows(
        AttemptCount, ("outcome",), ("number",), {(name,): (number,) for name, number in outcomes.items()}
    )
