"""Deliveries: events on their way to a URL. A row is the truth about it; an engine only carries attempts.

A delivery belongs to a webhook (models/webhooks.py), whose row is the lock of all its deliveries.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MOST_AT_ONCE: Final = 4  # requests to one URL, of all workers together


class State(models.TextChoices):
    """What the API says as `state`."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class EndReason(models.TextChoices):
    """Why a delivery failed for good."""

    GIVEN_UP = "given_up", _("Every attempt failed")
    GONE = "gone", _("The receiver answered 410 (Gone), so the URL was switched off")
    SWITCHED_OFF = "switched_off", _("The URL was switched off")
    URL_REMOVED = "url_removed", _("The URL was removed")
    DISABLED = "disabled", _("The application was disabled")
    DELETED = "deleted", _("The application was deleted")


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Rows, the newest first; `older` is the key to go on from with `before`, None where there is nothing."""

    rows: "list[Delivery]"
    older: int | None


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def of(self, application_pk: int) -> "DeliveryQuerySet":
        """The deliveries of an application."""
        return self.filter(application=application_pk)

    def matching(self, words: str) -> "DeliveryQuerySet":
        """Those whose id starts with these characters, with or without "msg_"."""
        words = words.strip().lower()
        return self.filter(
            key__startswith=words if words.startswith("msg_"[: len(words)]) else f"msg_{words}"
        )

    def waiting(self) -> "DeliveryQuerySet":
        """Those that are still to be sent, or being sent."""
        return self.filter(state=State.WAITING)

    def due(self, moment: datetime) -> "DeliveryQuerySet":
        """Those whose next attempt may begin; also those whose worker has not come back."""
        return self.waiting().filter(next_attempt_at__lte=moment)

    def under_way(self, moment: datetime) -> "DeliveryQuerySet":
        """Those that a worker holds."""
        return self.filter(lease__isnull=False, next_attempt_at__gt=moment)

    def page(self, size: int, *, before: int | None = None) -> DeliveryPage:
        """Return `size` rows, the newest first, without their bodies: those before the key `before`, or the newest."""
        found = (self if before is None else self.filter(pk__lt=before)).order_by("-pk").defer("data", "keys")
        rows = list(found[: size + 1])
        return DeliveryPage(rows[:size], rows[size - 1].pk if len(rows) > size else None)


class Delivery(models.Model):
    """Up to 200 objects of one event, for one URL, sent as often as it takes until the receiver answers 2xx.

    `key` is the `webhook-id` of every attempt. `data` is the JSON of the objects separated by commas, empty once it was
    thrown away (WebhookOptions). `keys` stand for the messages that the objects are about, to keep their order.
    `url` is the one used last. `attempts` are all so far, `tries` those since it was stored or sent again by hand.

    While a worker holds it, `lease` is that worker's, and `next_attempt_at` the end of the lease: whoever dies lets go
    by that. `carried` is True once the attempt has begun. None in `next_attempt_at`: it has ended.
    No foreign key reaches the database, so that storing an event costs no look-up and deleting an application no sweep.
    """

    application = models.ForeignKey(
        "applications.Application",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    webhook = models.ForeignKey(
        "applications.Webhook",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    key = models.CharField(max_length=36, unique=True)
    event = models.CharField(max_length=24)
    url = models.CharField(max_length=500)
    is_test = models.BooleanField(default=False)
    object_count = models.PositiveSmallIntegerField()
    data = models.TextField(blank=True)
    keys = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    carried = models.BooleanField(default=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at", "id"], condition=Q(state="waiting"), name="delivery_due"
            ),
            models.Index(fields=["webhook"], condition=Q(lease__isnull=False), name="delivery_under_way"),
            models.Index(fields=["created_at"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["application", "-id"], name="delivery_by_application"),
            models.Index(fields=["application", "event", "-id"], name="delivery_by_event"),
            models.Index(
                fields=["application", "-id"], condition=~Q(state="delivered"), name="delivery_not_delivered"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="delivery_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_attempt_at__isnull=False, ended_at=None)
                | ~Q(state="waiting") & Q(next_attempt_at=None, lease=None, ended_at__isnull=False),
                name="delivery_waits_or_has_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(end_reason="") | ~Q(state="failed") & Q(end_reason=""),
                name="delivery_failed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_under_way(self) -> bool:
        """Whether a worker holds it; also shortly after one died."""
        return self.lease is not None

    @property
    def can_be_sent_again(self) -> bool:
        """Whether its body is still there."""
        return self.data != ""


class DeliveryAttempt(models.Model):
    """One request: what was sent where, and what came back.

    `status` is None when no HTTP answer came: `error` is then a code (delivery/sender.py). Headers are lists of pairs.
    `body` is the beginning of the answer, `answer_bytes` how much of it came.
    """

    delivery = models.ForeignKey(Delivery, models.DO_NOTHING, db_constraint=False, related_name="tried")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    url = models.CharField(max_length=500)
    peer = models.CharField(max_length=60, blank=True)  # address and port; "" where no connection was made
    headers = models.JSONField(default=list)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=20, blank=True)
    milliseconds = models.PositiveIntegerField()
    answer_headers = models.JSONField(default=list)
    body = models.TextField(blank=True)
    answer_bytes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"


class Redelivery(models.Model):
    """The order to send again all that failed for an application between two times, carried out range by range.

    `done` of about `total` deliveries wait again; `position` is the key of the last one looked at. While
    `ended_at` is None it goes on.
    """

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="redeliveries")
    setting = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    position = models.PositiveBigIntegerField(default=0)
    ordered_by = models.CharField(max_length=254)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(ended_at=None), name="redelivery_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.done} of {self.total}"


def new_key() -> str:
    """Return the `webhook-id` of a new delivery."""
    return f"msg_{uuid.uuid4().hex}"


def database_time() -> datetime:
    """Return what the database's clock says: the one clock of all workers, wherever they run."""
    statement = "SELECT clock_timestamp()" if connection.vendor == "postgresql" else SQLITE_TIME
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: Any = cursor.fetchone()[0]
    return found if isinstance(found, datetime) else datetime.fromisoformat(f"{found}+00:00")


SQLITE_TIME: Final = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Deliveries that wait, and since when the oldest of them does (None: none waits)."""

    number: int
    oldest: datetime | None


def waiting() -> Waiting:
    """Return how many deliveries wait in all, for metrics."""
    found = Delivery.objects.waiting().aggregate(number=models.Count("pk"), oldest=models.Min("created_at"))
    return Waiting(found["number"], found["oldest"])
