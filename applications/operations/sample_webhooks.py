"""Webhooks of the sample: URLs, and deliveries whose attempts, webhooks and days agree with each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.utils.timezone import now

from applications.models import Application, Delivery, DeliveryAttempt, Webhook, WebhookDay
from applications.models.deliveries import EndReason, State, new_key
from applications.operations.actors import Actor
from applications.operations.webhook_secrets import roll_webhook_secret
from applications.rules.attempts import DELAYS, is_success
from applications.rules.sample_events import SAMPLES
from applications.rules.signatures import new_signing_secret, sign
from applications.rules.webhook_events import Portion, body_of

HOST: Final = "https://hooks.example.com/marlowe"
URLS: Final = {
    "sms_dlr_callback": f"{HOST}/sms/dlr",
    "sms_receive_callback": f"{HOST}/inbound",
    "shortlinks_callback": f"{HOST}/links",
    "optouts_callback": f"{HOST}/optouts",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """Deliveries of one kind: when each came in, and what each attempt came to (status or error, milliseconds)."""

    setting: str
    event: str
    ago: tuple[timedelta, ...]
    tries: tuple[tuple[int | str, int], ...]
    ends: bool = True


def _each(number: int, apart: timedelta, first: timedelta) -> tuple[timedelta, ...]:
    return tuple(first + apart * place for place in range(number))


_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
SENT: Final = (
    Sent("sms_dlr_callback", "dlr_update", _each(28, 5 * _HOUR, 12 * _MINUTE), ((200, 92),)),
    Sent("sms_dlr_callback", "dlr_update", (40 * _MINUTE,), ((503, 212), ("timeout", 10_000), (200, 184))),
    Sent("shortlinks_callback", "shortlink_hit", _each(9, 7 * _HOUR, 20 * _MINUTE), ((204, 61),)),
    Sent("optouts_callback", "new_optout", (timedelta(days=6),), ((200, 75),)),
    Sent("optouts_callback", "new_optout", (timedelta(days=3),), (("timeout", 10_000),) * (len(DELAYS) + 1)),
    Sent("sms_receive_callback", "receive_sms", (timedelta(days=1),), ((200, 48),)),
    Sent("sms_receive_callback", "receive_sms", _each(4, 9 * _MINUTE, 6 * _MINUTE), ((301, 38),) * 2, ends=False),
)  # fmt: skip


def make_signing_secret(application: Application, actor: Actor) -> None:
    """Make the secret that the webhooks of the sample are signed with; nobody gets to see it."""
    roll_webhook_secret(application=application, actor=actor)
    application.webhook_secrets.update(created_at=actor.at or now())


def add_deliveries(application: Application) -> None:
    """Store deliveries of the last week; those that wait are tried again in some hours."""
    webhooks = {
        setting: Webhook.objects.create(application=application, setting=setting, url=url)
        for setting, url in URLS.items()
    }
    came = [(moment, sent) for sent in SENT for moment in (now() - ago for ago in sent.ago)]
    attempts = [
        attempt
        for moment, sent in sorted(came, key=lambda pair: pair[0])  # the newest gets the highest key
        for attempt in _deliver(webhooks[sent.setting], sent, moment)
    ]
    DeliveryAttempt.objects.bulk_create(sorted(attempts, key=lambda attempt: attempt.at))
    _note(webhooks.values(), attempts)


def _deliver(webhook: Webhook, sent: Sent, moment: datetime) -> list[DeliveryAttempt]:
    """Store a delivery and return its attempts, not yet stored."""
    portion = Portion.of((SAMPLES[sent.event],))
    delivery = Delivery(
        application_id=webhook.application_id, webhook=webhook, key=new_key(), event=sent.event, url=webhook.url,
        object_count=portion.objects, data=portion.data, created_at=moment, attempts=len(sent.tries),
        tries=len(sent.tries), milliseconds=sent.tries[-1][1], status=_status(sent.tries[-1][0]),
        error=_error(sent.tries[-1][0]),
    )  # fmt: skip
    tried, at = [], moment + timedelta(seconds=1)
    for place, (came, milliseconds) in enumerate(sent.tries):
        tried.append(_attempt(delivery, place + 1, at, came, milliseconds))
        at += timedelta(milliseconds=milliseconds) + (
            DELAYS[place] if place + 1 < len(sent.tries) else timedelta()
        )
    if not sent.ends:
        delivery.next_attempt_at = now() + 20 * _HOUR
    else:
        good = is_success(delivery.status, delivery.error)
        delivery.state, delivery.ended_at = State.DELIVERED if good else State.FAILED, at
        delivery.end_reason = "" if good else EndReason.GIVEN_UP
    delivery.save(force_insert=True)
    return tried


def _status(came: int | str) -> int | None:
    return came if isinstance(came, int) else None


def _error(came: int | str) -> str:
    return came if isinstance(came, str) else ""


def _attempt(
    delivery: Delivery, number: int, at: datetime, came: int | str, milliseconds: int
) -> DeliveryAttempt:
    answer = '{"received":true}' if came == 200 else ""
    return DeliveryAttempt(
        delivery=delivery,
        number=number,
        at=at,
        url=delivery.url,
        headers=_headers(delivery, at),
        status=_status(came),
        error=_error(came),
        milliseconds=milliseconds,
        answer_headers=_ANSWERED.get(came, []),
        body=answer,
        answer_bytes=len(answer),
    )


_ANSWERED: Final[Mapping[int | str, list[list[str]]]] = {
    200: [["content-type", "application/json"], ["content-length", "17"]],
    301: [["location", f"{HOST}/v2/inbound"], ["content-length", "0"]],
    503: [["retry-after", "30"], ["content-length", "0"]],
}


def _headers(delivery: Delivery, at: datetime) -> list[list[str]]:
    """The headers of an attempt; the signature looks like one, with a key that nobody has."""
    stamp = int(at.timestamp())
    body = body_of(delivery.event, delivery.data)
    signature = sign(
        signing_secrets=[new_signing_secret()], webhook_id=delivery.key, timestamp=stamp, body=body
    )
    return [
        ["content-type", "application/json"],
        ["webhook-id", delivery.key],
        ["webhook-timestamp", str(stamp)],
        ["webhook-signature", signature],
    ]


def _note(webhooks: Iterable[Webhook], attempts: list[DeliveryAttempt]) -> None:
    """Let the webhooks and their days be what these attempts made of them."""
    by_pk = {webhook.pk: webhook for webhook in webhooks}
    days: dict[tuple[int, date], WebhookDay] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.at):
        pk, good = attempt.delivery.webhook_id, is_success(attempt.status, attempt.error)
        by_pk[pk].attempted(good, attempt.at)
        key = (pk, attempt.at.astimezone(UTC).date())
        day = days.setdefault(key, WebhookDay(webhook_id=pk, day=key[1]))
        day.succeeded, day.failed = day.succeeded + good, day.failed + (not good)
        day.milliseconds += attempt.milliseconds
    WebhookDay.objects.bulk_create(days.values())
    Webhook.objects.bulk_update(by_pk.values(), ["succeeded_at", "failing_since", "failures"])
