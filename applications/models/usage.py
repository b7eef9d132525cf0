"""How applications are used: figures per day, and requests that were refused."""

from datetime import date

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a request was refused; the client is told less (security.md 6)."""

    WRONG_SECRET = "wrong_secret", _("Secret is wrong")
    OLD_SECRET = "old_secret", _("Secret was reset")
    DISABLED = "disabled", _("Application was disabled")
    ADDRESS = "address", _("Address is not allowed")
    SCOPE = "scope", _("Scope is not granted")


ISSUED = "issued"
ADDRESS_USE_DAYS = 30  # for how long an address that used credentials counts as one in use


class DailyUsageQuerySet(models.QuerySet["DailyUsage"]):
    def since(self, day: date) -> "models.QuerySet[DailyUsage, tuple[date, str, int]]":
        """Rows of day, kind and count from `day` on: at most one for each kind of each day."""
        return self.filter(day__gte=day).values_list("day", "kind", "count")


class DailyUsage(models.Model):
    """What happened to an application on one day (UTC): `issued`, or a Reason, and how often."""

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="daily_usage")
    day = models.DateField()
    kind = models.CharField(max_length=12)
    count = models.PositiveBigIntegerField(default=0)

    objects = DailyUsageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "day", "kind"], name="usage_one_row_a_day"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[ISSUED, *Reason.values]),
                name="usage_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.day}: {self.count}"


class Refusal(models.Model):
    """A refused request of a known application, found again by its X-Request-Id."""

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="refusals")
    reason = models.CharField(max_length=12, choices=Reason)
    detail = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, unique=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["application", "-id"], name="refusal_by_application")]

    def __str__(self) -> str:
        return f"{self.reason} ({self.request_id})"
