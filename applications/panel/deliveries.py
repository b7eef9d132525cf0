"""Deliveries of an application as the pages show them: the list, and one with its requests and answers."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.forms.deliveries import DeliveryFilters
from applications.models import Application, Delivery, DeliveryAttempt, Redelivery
from applications.models.deliveries import State
from applications.panel.webhook_tests import is_forged
from applications.panel.webhook_words import short_result, status_words, whole_result
from applications.rules.attempts import is_success
from applications.rules.webhook_events import EVENTS, body_of

PER_PAGE: Final = 15
MARKS: Final = 5  # attempts that are drawn one by one: the latest
LONGEST_IN_LINES: Final = 100_000  # characters of a body that is written in lines
ORDER_SHOWN: Final = timedelta(days=1)  # after an order to send again has ended


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in the list; `marks` are its latest attempts, True where one succeeded."""

    delivery: Delivery
    marks: list[bool]

    @property
    def more(self) -> int:
        """How many attempts there were before those that are drawn."""
        return max(0, self.delivery.attempts - len(self.marks))

    @property
    def result(self) -> str:
        """What the latest attempt came to, in short; "" before the first."""
        return short_result(self.delivery.status, self.delivery.error)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt, and what came of it in words."""

    attempt: DeliveryAttempt
    succeeded: bool
    forged: bool

    @property
    def result(self) -> str:
        return whole_result(self.attempt.status, self.attempt.error)

    @property
    def status(self) -> str:
        return status_words(self.attempt.status) if self.attempt.status else ""


def deliveries_of(application: Application, filters: DeliveryFilters) -> dict[str, Any]:
    """Return a page of the list, the newest first, which goes on by key; two queries."""
    page = filters.apply(Delivery.objects.of(application.pk)).page(PER_PAGE, before=filters.before)
    marks: dict[int, list[bool]] = defaultdict(list)
    tried = DeliveryAttempt.objects.filter(delivery__in=[row.pk for row in page.rows]).order_by("pk")
    for pk, status, error in tried.values_list("delivery_id", "status", "error"):
        marks[pk].append(is_success(status, error))
    return {
        "filters": filters,
        "rows": [Row(row, marks[row.pk][-MARKS:]) for row in page.rows],
        "older": page.older,
        "events": EVENTS,
        "states": State.choices,
        "keep_days": settings.WEBHOOK_KEEP_DAYS,
    }


def order_of(application: Application) -> Redelivery | None:
    """Return the latest order to send failed deliveries again, while it goes on and for a day more."""
    order = Redelivery.objects.filter(application=application).first()
    return order if order and (order.ended_at is None or order.ended_at > now() - ORDER_SHOWN) else None


def tried_of(delivery: Delivery) -> list[Tried]:
    """Return the attempts of a delivery, the first one first."""
    return [
        Tried(attempt, is_success(attempt.status, attempt.error), is_forged(attempt))
        for attempt in DeliveryAttempt.objects.filter(delivery=delivery.pk)
    ]


def kept_until(delivery: Delivery) -> datetime:
    """Return when a delivery that has ended is deleted."""
    return delivery.created_at + timedelta(days=settings.WEBHOOK_KEEP_DAYS)


def request_of(delivery: Delivery, attempt: DeliveryAttempt | None) -> str:
    """Return the request of an attempt, or the one to come, with its body in lines where that is not too long."""
    parts = urlsplit(attempt.url if attempt else delivery.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [f"{name}: {value}" for name, value in attempt.headers] if attempt else []
    head = [f"POST {target} HTTP/1.1", f"host: {parts.netloc}", *headers]
    return "\n".join([*head, "", _body(delivery)])


def _body(delivery: Delivery) -> str:
    if not delivery.can_be_sent_again:
        return _("(The body was not kept.)")
    body = body_of(delivery.event, delivery.data).decode()
    return body if len(body) > LONGEST_IN_LINES else _in_lines(body)


def _in_lines(body: str) -> str:
    """JSON in lines; half a surrogate pair stays an escape. As it is, where it is nested too deeply for that."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (RecursionError, ValueError):
        return body
    return text.encode("utf-8", "backslashreplace").decode()


def size_of(delivery: Delivery) -> int:
    """Return how many bytes the body has; 0 where it was not kept."""
    return len(body_of(delivery.event, delivery.data)) if delivery.can_be_sent_again else 0


def answer_of(attempt: DeliveryAttempt) -> str:
    """Return what a receiver answered, as far as it is kept; "" where no answer began."""
    if attempt.status is None:
        return ""
    headers = [f"{name}: {value}" for name, value in attempt.answer_headers]
    body = attempt.body or (_("(The answer was not kept.)") if attempt.answer_bytes else "")
    return "\n".join([f"HTTP/1.1 {status_words(attempt.status)}", *headers, "", body])
