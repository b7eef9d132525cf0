"""Webhooks: how the callback URL of one kind of event fares. The URL itself is in MessageSettings."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Application
from applications.models.message_settings import CALLBACKS, MessageSettings
from applications.rules.webhook_events import events_of

SWITCHED_OFF_AFTER: Final = timedelta(days=5)  # of failures without a success between them


class OffReason(models.TextChoices):
    """Why a URL is called no more."""

    GONE = "gone", _("It answered 410 (Gone)")
    FAILING = "failing", _("It failed for 5 days")


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def by_setting(self, application_pk: int) -> "dict[str, Webhook]":
        """The webhooks of an application by their column of MessageSettings; none that has had no event so far."""
        return {webhook.setting: webhook for webhook in self.filter(application=application_pk)}

    def failing(self) -> "WebhookQuerySet":
        """Those whose latest attempt failed, and which are still tried."""
        return self.filter(failing_since__isnull=False, off_at=None)

    def switched_off(self) -> "WebhookQuerySet":
        """Those that are called no more, until somebody switches them on or sets another URL."""
        return self.filter(off_at__isnull=False)


class Webhook(models.Model):
    """The state of the URL in one column of an application's MessageSettings, since its first event.

    All of it is about `url`: once the column holds another one, it starts anew (`renewed`). Its row is the lock of the
    URL's deliveries: who holds it may lease them, and end them. `failures` counts attempts in a row.
    """

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="webhooks")
    setting = models.CharField(max_length=40)
    url = models.CharField(max_length=500, blank=True)
    succeeded_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=7, choices=OffReason, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "setting"], name="webhook_once_a_setting"),
            models.CheckConstraint(condition=Q(setting__in=CALLBACKS), name="webhook_setting_is_a_callback"),
            models.CheckConstraint(
                condition=Q(off_at=None, off_reason="")
                | Q(off_at__isnull=False, off_reason__in=OffReason.values),
                name="webhook_off_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.setting} of {self.application_id}"

    @property
    def is_good(self) -> bool:
        """Whether its latest attempt succeeded."""
        return self.succeeded_at is not None and self.failing_since is None

    @property
    def events(self) -> list[str]:
        """The events that go to its URL."""
        return events_of(self.setting)

    def renewed(self, url: str) -> bool:
        """Begin anew where the URL has become another one; whether it has."""
        if self.url == url:
            return False
        self.begin_anew(url)
        return True

    def begin_anew(self, url: str) -> None:
        """Be on, for a URL of which nothing is known."""
        self.url, self.succeeded_at, self.failing_since, self.failures = url, None, None, 0
        self.off_at, self.off_reason = None, ""

    def is_off(self, url: str) -> bool:
        """Whether `url`, which is set now, is called no more."""
        return self.off_at is not None and self.url == url

    def attempted(self, succeeded: bool, moment: datetime) -> None:
        """Take note of an attempt; tell whether it goes on by `is_due_to_end`."""
        if succeeded:
            self.succeeded_at, self.failing_since, self.failures = moment, None, 0
        else:
            self.failing_since, self.failures = self.failing_since or moment, self.failures + 1

    def is_due_to_end(self, moment: datetime) -> bool:
        """Whether it has failed for so long that it is switched off."""
        return self.failing_since is not None and moment - self.failing_since >= SWITCHED_OFF_AFTER

    def url_now(self, settings: MessageSettings | None) -> str:
        """The URL that is set now; "" where there is none."""
        return getattr(settings, self.setting) if settings else ""


class WebhookDayQuerySet(models.QuerySet["WebhookDay"]):
    def since(self, day: date) -> dict[int, dict[str, int]]:
        """Sums by webhook from a day (UTC) on: `succeeded`, `failed`, and `milliseconds` of all of these."""
        summed = (
            self.filter(day__gte=day)
            .values("webhook_id")
            .annotate(good=models.Sum("succeeded"), bad=models.Sum("failed"), took=models.Sum("milliseconds"))
        )
        return {
            row["webhook_id"]: {"succeeded": row["good"], "failed": row["bad"], "milliseconds": row["took"]}
            for row in summed.order_by("webhook_id")
        }


class WebhookDay(models.Model):
    """Attempts of one webhook on one day (UTC); `milliseconds` is what all of them took together."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="days")
    day = models.DateField()
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveBigIntegerField(default=0)

    objects = WebhookDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "day"], name="webhook_day_once")]

    def __str__(self) -> str:
        return f"{self.webhook_id} on {self.day}"


class WebhookOptions(models.Model):
    """What an application chose for all its webhooks; without a row, the defaults.

    `keeps_bodies`: what was sent and answered stays in the log. Without it, a delivery that has ended cannot be sent
    again.
    """

    application = models.OneToOneField(
        "applications.Application", models.CASCADE, primary_key=True, related_name="webhook_options"
    )
    keeps_bodies = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"webhooks of {self.application_id}"

    @classmethod
    def of(cls, application: Application) -> "WebhookOptions":
        """The options of an application; the defaults, not stored, where nobody has chosen.

        Without a query where they came with the application.
        """
        found: WebhookOptions | None = getattr(application, "webhook_options", None)
        return found or cls(application=application)


class AttemptCount(models.Model):
    """How many attempts ended in one way since the installation, for metrics: it never goes down."""

    outcome = models.CharField(max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.number}"

    @classmethod
    def by_outcome(cls) -> dict[str, int]:
        """All of them, such as {"delivered": 7, "5xx": 1}."""
        return dict(cls._default_manager.order_by("outcome").values_list("outcome", "number"))
