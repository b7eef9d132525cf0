"""How often each secret was used in the last hour."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.db.models import Sum

SPAN = timedelta(minutes=5)  # that one count is about
SLOTS = 13  # of a secret: those of an hour, and the one that is being counted
HOUR = timedelta(hours=1)

# A slot that holds an earlier hour begins anew, so that a secret has at most SLOTS rows and nothing has to be swept.
ADD = """
INSERT INTO applications_secretuse AS held (secret_id, slot, began_at, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (secret_id, slot) DO UPDATE SET began_at = excluded.began_at,
    count = excluded.count + CASE WHEN held.began_at = excluded.began_at THEN held.count ELSE 0 END
"""


class SecretUseQuerySet(models.QuerySet["SecretUse"]):
    def of_the_last_hour(self, secrets: Iterable[int], moment: datetime) -> dict[int, int]:
        """Return how often each of these secrets (their keys) was used in the hour before `moment`.

        The hour is exact to SPAN: it holds the whole of the count in which it began.
        """
        rows = self.filter(secret__in=list(secrets), began_at__gt=moment - HOUR - SPAN)
        return dict(
            rows.order_by().values("secret").annotate(calls=Sum("count")).values_list("secret", "calls")
        )


class SecretUse(models.Model):
    """How often a secret was used in one SPAN of the last hour."""

    secret = models.ForeignKey(
        "applications.ApplicationSecret", models.CASCADE, db_index=False, related_name="uses"
    )
    slot = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    objects = SecretUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret", "slot"], name="secret_use_once_per_slot"),
            models.CheckConstraint(condition=models.Q(slot__lt=SLOTS), name="secret_use_slot_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at}: {self.count}"


def slot_of(moment: datetime) -> tuple[int, datetime]:
    """Return the slot that `moment` is counted in, and when its count began."""
    number = int(moment.timestamp()) // int(SPAN.total_seconds())
    return number % SLOTS, datetime.fromtimestamp(number * SPAN.total_seconds(), UTC)


def add_secret_uses(counts: Mapping[int, int], moment: datetime) -> None:
    """Add to what was counted of each secret; sorted, so that two processes cannot deadlock."""
    slot, began = slot_of(moment)
    began_at = connection.ops.adapt_datetimefield_value(began)
    rows = [[pk, slot, began_at, count] for pk, count in sorted(counts.items())]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
