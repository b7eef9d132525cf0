"""How applications are used: figures per day, from which addresses, and requests that were refused."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Max, Q, Sum
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
REMEMBERED_DAYS = 30  # for how long an address that used credentials counts as one in use

# Key of the application or of the API key (the other is None), address, calls, the latest of them.
type AddressRow = tuple[int | None, int | None, str, int, datetime]


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


class AddressUseQuerySet(models.QuerySet["AddressUse"]):
    def recent(self) -> "AddressUseQuerySet":
        """Those of the last REMEMBERED_DAYS days."""
        return self.filter(day__gte=now().date() - timedelta(days=REMEMBERED_DAYS))

    def per_address(self) -> "models.QuerySet[AddressUse, AddressRow]":
        """What each application and each API key did from each address, the latest first."""
        rows = self.order_by().values("application_id", "api_key_id", "ip")
        summed = rows.annotate(calls=Sum("count"), latest=Max("last_at")).order_by("-latest")
        return summed.values_list("application_id", "api_key_id", "ip", "calls", "latest")


class AddressUse(models.Model):
    """How often good credentials of an application, or an API key, were used from an address on one day (UTC).

    What the pages of allowed IPs warn with. Older days than REMEMBERED_DAYS are swept.
    """

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    api_key = models.ForeignKey(
        "applications.APIKey", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    ip = models.GenericIPAddressField()
    day = models.DateField(db_index=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    objects = AddressUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "ip", "day"], name="address_once_a_day"),
            models.UniqueConstraint(fields=["api_key", "ip", "day"], name="address_once_a_day_per_api_key"),
            models.CheckConstraint(
                condition=Q(application=None, api_key__isnull=False)
                | Q(application__isnull=False, api_key=None),
                name="address_used_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ip} on {self.day}: {self.count}"


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
