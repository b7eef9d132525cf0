"""Events as they come in: the requests that had an Idempotency-Key, and how many events came to what."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models

KEY_WORKS_FOR: Final = timedelta(hours=24)


class EventOutcome(models.TextChoices):
    """What became of events that came in; the value is what the answer says as `reason`."""

    STORED = "stored"
    NO_URL = "no_url"
    URL_OFF = "url_switched_off"
    DISABLED = "application_disabled"
    DELETED = "application_deleted"
    UNKNOWN = "application_unknown"


class EventKeyQuerySet(models.QuerySet["EventKey"]):
    def over(self, moment: datetime) -> "EventKeyQuerySet":
        """Those that count no more."""
        return self.filter(created_at__lte=moment - KEY_WORKS_FOR)


class EventKey(models.Model):
    """An Idempotency-Key of a resource server: the SHA-256 of the body it came with, and what was answered."""

    server = models.ForeignKey(
        "applications.ResourceServer", models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=255)
    body = models.BinaryField(max_length=32)
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    objects = EventKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "key"], name="event_key_once_a_server")]

    def __str__(self) -> str:
        return self.key


class EventCount(models.Model):
    """Objects that came in on one day (UTC) for an application, by what became of them.

    `application_pk` is 0 for those whose application there is not (any more).
    """

    day = models.DateField()
    application_pk = models.PositiveBigIntegerField()
    outcome = models.CharField(max_length=20, choices=EventOutcome)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "application_pk", "outcome"], name="event_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.day}: {self.number}"
