"""API keys: the other credential of the API (header X-API-KEY), of an account and not of an application."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.expiry import unexpired

MAX_YEARS = 10  # that an end may lie ahead: the calendar's own end must not be reached in any time zone


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    def live(self, moment: datetime | None = None) -> "APIKeyQuerySet":
        """Those that would be accepted now, the address and the scope aside."""
        return self.filter(unexpired(moment), revoked_at=None)


class APIKey(models.Model):
    """A key's digest and hint, never its value.

    `scope` names the scopes it was made for, in catalogue order; empty for all, those added later included. Either
    way a scope that the operator retires is lost at once, because the catalogue is asked at each use.
    """

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100, blank=True)
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(_("key"), max_length=4, editable=False)
    scope = models.TextField(_("scopes"), default="", editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    created_by = models.CharField(_("created by"), max_length=254, default="", editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(_("from"), null=True, editable=False)

    objects = APIKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["account", "-created_at"], name="api_key_by_account")]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=models.F("created_at")),
                name="api_key_expires_after_its_making",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or _('Untitled')} ••••{self.hint}"

    @property
    def scope_names(self) -> list[str]:
        """The scopes it was made for; an empty list means all."""
        return self.scope.split()

    @property
    def is_live(self) -> bool:
        """Whether it would be accepted now, the address and the scope aside."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())
