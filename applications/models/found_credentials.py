"""Credentials that somebody found and reported (POST /credentials/revoke)."""

from datetime import date

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.refusals import CredentialKind
from applications.models.secrets import ApplicationSecret

# One statement, the same text on PostgreSQL and SQLite: the ORM has no INSERT that adds to a stored number.
COUNT = """
INSERT INTO applications_credentialreports AS held (day, calls, sent, live) VALUES (%s, 1, %s, %s)
ON CONFLICT (day) DO UPDATE SET
    calls = held.calls + 1, sent = held.sent + excluded.sent, live = held.live + excluded.live
"""


class FoundCredentialQuerySet(models.QuerySet["FoundCredential"]):
    def open(self) -> "FoundCredentialQuerySet":
        """Those that still ask for something: nobody has dismissed them, and no new secret took their place."""
        newer = ApplicationSecret.objects.filter(
            application=OuterRef("application"), created_at__gt=OuterRef("created_at")
        )
        replaced = Q(kind=CredentialKind.SECRET) & Exists(newer)
        return self.filter(~replaced, dismissed_at=None)


class FoundCredential(models.Model):
    """A live credential that was reported as found, and what became of it.

    `stopped` is False for a secret of an account that wants to be told only. A token is named by its hint and key
    (`token_pk`), which outlives its row: dead tokens are swept.
    """

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="found_credentials")
    kind = models.CharField(max_length=7, choices=CredentialKind)
    hint = models.CharField(max_length=4)
    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, related_name="found_credentials"
    )
    secret = models.ForeignKey(
        "applications.ApplicationSecret", models.CASCADE, null=True, related_name="found_credentials"
    )
    api_key = models.ForeignKey(
        "applications.APIKey", models.CASCADE, null=True, related_name="found_credentials"
    )
    token_pk = models.BigIntegerField(null=True)
    stopped = models.BooleanField(default=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36)
    created_at = models.DateTimeField(default=now)
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=254, default="")

    objects = FoundCredentialQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["account", "-id"], condition=Q(dismissed_at=None), name="found_and_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(api_key__isnull=False, application=None)
                | Q(api_key=None, application__isnull=False),
                name="found_credential_is_of_one",
            ),
            models.CheckConstraint(condition=Q(kind__in=CredentialKind.values), name="found_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ••••{self.hint}"


class CredentialReports(models.Model):
    """How many reports of found credentials came on one day (UTC): calls, values sent, and live ones among them.

    The operator sees it. Each report writes it, so that one that finds nothing is stored like one that does.
    """

    day = models.DateField(_("day"), unique=True)
    calls = models.PositiveBigIntegerField(_("reports"), default=0)
    sent = models.PositiveBigIntegerField(_("values sent"), default=0)
    live = models.PositiveBigIntegerField(_("live credentials"), default=0)

    class Meta:
        verbose_name = _("reports of found credentials")
        verbose_name_plural = _("reports of found credentials")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls}"


def count_report(day: date, *, sent: int, live: int) -> None:
    """Count a report."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [connection.ops.adapt_datefield_value(day), sent, live])
