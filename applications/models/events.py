"""Events as they come in: the requests that had an Idempotency-Key, and how many events are sent nowhere."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, models

KEY_WORKS_FOR: Final = timedelta(hours=24)


class NotQueued(models.TextChoices):
    """Why events that came in are sent nowhere; the value is what the answer says as `reason`."""

    NO_URL = "no_url"
    URL_OFF = "url_switched_off"
    DISABLED = "application_disabled"
    DELETED = "application_deleted"
    UNKNOWN = "application_unknown"


# Waits for another request with the same key, and makes no row where that one has stored its own.
TAKE: Final = """
INSERT INTO applications_eventkey (server_id, key, body, answer, created_at) VALUES (%s, %s, %s, '{}', %s)
ON CONFLICT (server_id, key) DO NOTHING RETURNING id
"""


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
    """Objects that came in on one day (UTC) for an application and were sent nowhere, by why.

    `application_pk` is 0 for those whose application there is not (any more).
    """

    day = models.DateField()
    application_pk = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=20, choices=NotQueued)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "application_pk", "reason"], name="event_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.reason} on {self.day}: {self.number}"


def take_key(server_pk: int, key: str, body: bytes, moment: datetime) -> int | None:
    """Store an Idempotency-Key and return the key of its row; None where there is one already."""
    with connection.cursor() as cursor:
        at = connection.ops.adapt_datetimefield_value(moment)
        cursor.execute(TAKE, [server_pk, key, body, at])
        row = cursor.fetchone()
    return row[0] if row else None
