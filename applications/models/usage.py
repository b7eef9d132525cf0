"""How applications are used: figures per day, and the reasons for which requests are refused."""

from datetime import date

from django.db import models
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
