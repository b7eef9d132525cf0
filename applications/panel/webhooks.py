"""How the URLs of an application fare: what the Webhooks tab shows of each, in the order of the page."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Min, OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.timezone import now

from applications.forms.callbacks import CALLBACK_FORMS, CALLBACK_LABELS
from applications.forms.message_settings import ChannelForm
from applications.models import Application, Delivery, MessageSettings, Webhook, WebhookDay
from applications.models.deliveries import State
from applications.models.webhooks import WebhookQuerySet
from applications.panel.webhook_tests import Tested
from applications.panel.webhook_words import GROUPS, MEANINGS, short_result
from applications.rules.attempts import DELAYS
from applications.rules.sample_events import SAMPLES
from applications.rules.webhook_events import body_of, events_of

FIGURES_OF: Final = timedelta(days=30)
TRIED_FOR: Final = sum(DELAYS, timedelta()) // timedelta(hours=1)  # hours
LOOKED_AT: Final = 200  # failed deliveries that are looked at for the latest of each URL


@dataclass(frozen=True, slots=True)
class Figures:
    """Attempts of the last 30 days: how many, how many of a hundred succeeded, and how long one took."""

    attempts: int
    rate: str
    milliseconds: int

    @classmethod
    def of(cls, sums: Mapping[str, int] | None) -> "Figures | None":
        """Return them; None without an attempt. The rate is rounded down, so that 100 means all."""
        attempts = sums["succeeded"] + sums["failed"] if sums else 0
        if not sums or not attempts:
            return None
        rate = math.floor(1000 * sums["succeeded"] / attempts) / 10
        return cls(attempts, f"{rate:g}", round(sums["milliseconds"] / attempts))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries of one URL that wait, and when the next is tried."""

    number: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event that goes to a URL: what it means, and a sample of what is sent."""

    name: str
    meaning: Promise
    sample: str


@dataclass(slots=True)
class Line:
    """A URL, or the place for one. `fares` is one of none, new, good, failing, gave_up, off."""

    setting: str
    label: Promise
    url: str
    form: ChannelForm
    webhook: Webhook | None = None
    figures: Figures | None = None
    waiting: Waiting | None = None
    last_failed: Delivery | None = None
    tested: Tested | None = None

    @property
    def fares(self) -> str:
        webhook = self.webhook
        if not self.url:
            return "none"
        if webhook is None or webhook.url != self.url:
            return "new"
        if webhook.off_at:
            return "off"
        if webhook.failing_since:
            return "failing" if self.waiting else "gave_up"
        return "good" if webhook.is_good else "new"

    @property
    def events(self) -> list[EventShown]:
        """What goes there."""
        return [EventShown(name, MEANINGS[name], sample_of(name)) for name in events_of(self.setting)]

    @property
    def last_result(self) -> str:
        """What came of the latest failed delivery, in short."""
        last = self.last_failed
        return short_result(last.status, last.error) if last else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading: those with a URL, some without, and `more`, which are shown when asked for."""

    heading: str | Promise
    shown: list[Line]
    more: list[Line]


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of the page."""

    groups: list[Group]

    @property
    def with_url(self) -> list[Line]:
        return [line for group in self.groups for line in (*group.shown, *group.more) if line.url]

    @property
    def failing(self) -> list[Line]:
        return [line for line in self.with_url if line.fares == "failing"]

    @property
    def off(self) -> list[Line]:
        return [line for line in self.with_url if line.fares == "off"]


def lines_of(application: Application, tested: Tested | None = None) -> Lines:
    """Return the lines of an application; at most three queries, however many deliveries there are."""
    settings = MessageSettings.of(application)
    webhooks = _with_waiting().by_setting(application.pk)
    known = _Known(application, webhooks.values())
    lines = {}
    for setting, label in CALLBACK_LABELS.items():
        line = Line(setting, label, getattr(settings, setting), CALLBACK_FORMS[setting].of(settings))
        known.tell(line, webhooks.get(setting))
        line.tested = tested if tested and tested.setting == setting else None
        lines[setting] = line
    return Lines([_group(heading, [lines[each] for each in GROUPS[heading]]) for heading in GROUPS])


class _Known:
    """What is known of all webhooks of an application, asked at once."""

    def __init__(self, application: Application, webhooks: Iterable[Webhook]) -> None:
        pks = [webhook.pk for webhook in webhooks]
        failing = [webhook.pk for webhook in webhooks if webhook.failing_since]
        first_day = (now().astimezone(UTC) - FIGURES_OF).date()
        self.days = WebhookDay.objects.filter(webhook__in=pks).since(first_day)
        # `exclude`, because the index is of those that were not delivered.
        failed = Delivery.objects.of(application.pk).exclude(state=State.DELIVERED)
        tried = failed.filter(webhook__in=failing, attempts__gt=0, is_test=False).order_by("-pk")
        latest = tried.defer("data", "keys")[:LOOKED_AT] if failing else []
        self.last_failed = {delivery.webhook_id: delivery for delivery in reversed(list(latest))}

    def tell(self, line: Line, webhook: Webhook | None) -> None:
        """Put on a line what is known of its webhook, where that is about the URL of now."""
        if webhook is None or webhook.url != line.url:
            return
        line.webhook = webhook
        line.figures = Figures.of(self.days.get(webhook.pk))
        line.waiting = _waiting_of(webhook)
        line.last_failed = self.last_failed.get(webhook.pk)


def _with_waiting() -> WebhookQuerySet:
    """Webhooks with `number` and `next_at` of what waits for them, counted in the index of what is due."""
    waiting = Delivery.objects.waiting().filter(webhook=OuterRef("pk")).order_by().values("webhook")
    return Webhook.objects.annotate(
        number=Subquery(waiting.values(found=Count("pk"))),
        next_at=Subquery(waiting.values(found=Min("next_attempt_at"))),
    )


def _waiting_of(webhook: Any) -> Waiting | None:
    return Waiting(webhook.number, webhook.next_at) if webhook.number else None


def _group(heading: str | Promise, lines: list[Line]) -> Group:
    """Show those with a URL, and so many without that there is one line at least."""
    shown = [line for line in lines if line.url] or lines[:2]
    return Group(heading, shown, [line for line in lines if line not in shown])


def sample_of(event: str) -> str:
    """Return the body of a sample of an event, in lines."""
    body: Any = json.loads(body_of(event, json.dumps(SAMPLES[event], ensure_ascii=False)))
    return json.dumps(body, indent=2, ensure_ascii=False)


def switched_off(applications: Iterable[Application]) -> dict[int, list[Promise]]:
    """Return which URLs of these applications are called no more, by the key of the application; one query."""
    found: dict[int, list[Promise]] = {}
    rows = Webhook.objects.switched_off().filter(application__in=list(applications))
    for webhook in rows.select_related("application__message_settings").order_by("pk"):
        if webhook.is_off(webhook.url_now(MessageSettings.of(webhook.application))):
            found.setdefault(webhook.application_id, []).append(CALLBACK_LABELS[webhook.setting])
    return found
