"""Requests that were refused, each found again by its X-Request-Id."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.usage import Reason

MAX_PER_ACCOUNT = 10_000


class CredentialKind(models.TextChoices):
    """What the client sent to say who it is."""

    SECRET = "secret", _("Application ID and secret")
    TOKEN = "token", _("Access token")
    API_KEY = "api_key", _("API key")


class RefusalQuerySet(models.QuerySet["Refusal"]):
    def older_than(self, moment: datetime) -> "RefusalQuerySet":
        """Those of before `moment`."""
        return self.filter(created_at__lt=moment)

    def numerous(self) -> Iterable[int]:
        """The accounts that have more than MAX_PER_ACCOUNT of these."""
        counted = self.order_by().values("account").annotate(number=models.Count("pk"))
        return counted.filter(number__gt=MAX_PER_ACCOUNT).values_list("account", flat=True)

    def beyond_the_newest(self, account_pk: int) -> "RefusalQuerySet":
        """Those of an account that are older than its newest MAX_PER_ACCOUNT."""
        newest_first = self.filter(account=account_pk).order_by("-pk").values_list("pk", flat=True)
        last_kept = newest_first[MAX_PER_ACCOUNT - 1 : MAX_PER_ACCOUNT]
        return self.filter(account=account_pk, pk__lt=models.Subquery(last_kept))


class Refusal(models.Model):
    """A refused request of an account, as far as the account is known; never the credential itself.

    The application and the API key are kept as long as they exist; `client_id`, the application ID that was named,
    outlives the application. `detail` depends on the reason: the last 4 characters of the credential, the scopes that
    are missing, the header that was used, the media type of the body, or what the client was told.
    """

    account = models.ForeignKey(
        "applications.Account", models.CASCADE, db_index=False, related_name="refusals"
    )
    application = models.ForeignKey(
        "applications.Application", models.SET_NULL, null=True, db_index=False, related_name="refusals"
    )
    api_key = models.ForeignKey("applications.APIKey", models.SET_NULL, null=True, related_name="refusals")
    client_id = models.CharField(max_length=40, blank=True)
    credential = models.CharField(max_length=7, choices=CredentialKind, blank=True)
    reason = models.CharField(max_length=12, choices=Reason)
    detail = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=10, blank=True)
    path = models.CharField(max_length=100, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=40, blank=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, unique=True)
    created_at = models.DateTimeField(default=now, db_index=True)

    objects = RefusalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["application", "-id"], name="refusal_by_application"),
            models.Index(fields=["account", "-id"], name="refusal_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} ({self.request_id})"


class UnknownCredentials(models.Model):
    """How many requests of one day (UTC) were refused with credentials that nobody has; the operator sees it."""

    day = models.DateField(_("day"), unique=True)
    count = models.PositiveBigIntegerField(_("refused requests"), default=0)

    class Meta:
        verbose_name = _("refused requests of nobody")
        verbose_name_plural = _("refused requests of nobody")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"
