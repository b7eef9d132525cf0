"""The secrets that an application's webhooks are signed with: the current one, and those it replaced."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from applications.models.expiry import unexpired
from applications.rules.credentials import hint
from applications.rules.sealing import seal, unseal

PURPOSE = "latchkey.webhook-secrets"


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    def signing(self, moment: datetime | None = None) -> "WebhookSecretQuerySet":
        """Those that deliveries are signed with, the newest first."""
        return self.filter(unexpired(moment)).order_by("-pk")

    def older(self, moment: datetime | None = None) -> "WebhookSecretQuerySet":
        """Those that were replaced and still sign beside the current one, the first to end first."""
        return self.filter(expires_at__gt=moment or now()).order_by("expires_at", "pk")


class WebhookSecret(models.Model):
    """A secret, encrypted: it must be read again to sign. The one without `expires_at` is current."""

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, related_name="webhook_secrets"
    )
    sealed = models.TextField()
    hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=now)
    created_by = models.CharField(max_length=254)
    expires_at = models.DateTimeField(null=True)

    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(expires_at=None),
                name="application_has_one_current_webhook_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"••••{self.hint}"

    @property
    def value(self) -> str:
        """The secret itself, "whsec_…". Raises CannotUnseal when its key is no longer among ENCRYPTION_KEYS."""
        return unseal(self.sealed, keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE)

    @value.setter
    def value(self, secret: str) -> None:
        self.sealed = seal(secret, keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE)
        self.hint = hint(secret.rstrip("="))
