"""The secrets of an application: the current one, and those it replaced."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.expiry import unexpired


class Overlap(models.TextChoices):
    """How long an old secret goes on working beside the new one."""

    NOW = "now", _("Now")
    HOUR = "1 hour", _("In 1 hour")
    DAY = "24 hours", _("In 24 hours")
    WEEK = "7 days", _("In 7 days")

    @property
    def span(self) -> timedelta:
        """The same as a duration."""
        return timedelta(hours={"now": 0, "1 hour": 1, "24 hours": 24, "7 days": 168}[self.value])


class SecretQuerySet(models.QuerySet["ApplicationSecret"]):
    def working(self, moment: datetime | None = None) -> "SecretQuerySet":
        """Those that are accepted now, the current one first."""
        return self.filter(unexpired(moment), stopped_at=None).order_by(
            models.F("expires_at").desc(nulls_first=True), "-pk"
        )

    def older(self, moment: datetime | None = None) -> "SecretQuerySet":
        """Those that are accepted now and were replaced: their overlap goes on."""
        ours = self.filter(expires_at__gt=moment or now(), stopped_at=None)
        return ours.order_by("-expires_at", "-pk")

    def stop(self, moment: datetime) -> int:
        """End these at once, and return how many.

        By `expires_at` alone a server whose clock is behind, or a request that was slow to ask, would accept them
        still. So would the release before, which knows nothing of `stopped_at`.
        """
        return self.update(expires_at=moment, stopped_at=moment)


class ApplicationSecret(models.Model):
    """A secret's digest and hint. The one without `expires_at` is current; expired ones tell why one was refused.

    Without a hint it is one that nobody knows: it keeps the place of one that was found and stopped, until a reset.
    """

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=now)
    created_by = models.CharField(max_length=254, default="")
    expires_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)  # of one that was ended at once, whatever a clock says
    last_used_at = models.DateTimeField(null=True)
    last_used_ip = models.GenericIPAddressField(null=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["digest"], name="secret_by_digest")]  # for those that were found
        constraints = [
            models.UniqueConstraint(fields=["application", "digest"], name="secret_is_not_reused"),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(expires_at=None),
                name="application_has_one_current_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"••••{self.hint}"

    @property
    def is_known(self) -> bool:
        """Whether anybody can have it."""
        return bool(self.hint)
