"""How applications are used: figures per day, and the reasons for which requests are refused."""

from collections.abc import Mapping
from datetime import date

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a request was refused; the client is told less (security.md 6)."""

    WRONG_SECRET = "wrong_secret", _("Secret is wrong")
    OLD_SECRET = "old_secret", _("Secret was reset")
    DISABLED = "disabled", _("Application was disabled")
    ADDRESS = "address", _("Address is not allowed")
    SCOPE = "scope", _("Scope is not granted")
    TOKEN_EXPIRED = "expired", _("Token has expired")
    TOKEN_REVOKED = "revoked", _("Token was revoked")
    KEY_EXPIRED = "key_expired", _("API key has expired")
    KEY_REVOKED = "key_revoked", _("API key was revoked")
    DELETED = "deleted", _("Application was deleted")
    RATE_LIMIT = "rate_limit", _("Rate limit was reached")
    HEADER = "header", _("Credential is in the wrong place")
    BODY = "body", _("Body has the wrong format")
    MALFORMED = "malformed", _("Request cannot be used")


ISSUED = "issued"
CHECKED = (
    "checked"  # a good token was asked about: /oauth/verify, our own API, introspection by a resource server
)
ADDRESS_USE_DAYS = 30  # for how long an address that used credentials counts as one in use


type DailyCount = tuple[int, date, str]  # key of the application, day, kind

# One statement, the same text on PostgreSQL and SQLite: the ORM has no INSERT that adds to a stored number.
ADD = """
INSERT INTO applications_dailyusage AS held (application_id, day, kind, count) VALUES (%s, %s, %s, %s)
ON CONFLICT (application_id, day, kind) DO UPDATE SET count = held.count + excluded.count
"""


class DailyUsageQuerySet(models.QuerySet["DailyUsage"]):
    def since(self, day: date) -> "models.QuerySet[DailyUsage, tuple[date, str, int]]":
        """Rows of day, kind and count from `day` on: at most one for each kind of each day."""
        return self.filter(day__gte=day).values_list("day", "kind", "count")


class DailyUsage(models.Model):
    """What happened to an application on one day (UTC): `issued`, `checked` or a Reason, and how often."""

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="daily_usage")
    day = models.DateField()
    kind = models.CharField(max_length=12)
    count = models.PositiveBigIntegerField(default=0)

    objects = DailyUsageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "day", "kind"], name="usage_one_row_a_day"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[ISSUED, CHECKED, *Reason.values]),
                name="usage_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}: {self.count}"


def add_daily_counts(counts: Mapping[DailyCount, int]) -> None:
    """Add to what was counted; sorted, so that two processes that write at the same time cannot deadlock."""
    rows = [
        [pk, connection.ops.adapt_datefield_value(day), kind, count]
        for (pk, day, kind), count in sorted(counts.items())
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
