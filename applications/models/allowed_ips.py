"""Allowed IPs: the addresses from which credentials may be used."""

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


class AllowedIP(models.Model):
    """A network of an account, or of one of its applications; no rows at all allow every address."""

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="allowed_ips")
    application = models.ForeignKey(
        "applications.Application",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="allowed_ips",
    )
    network = models.CharField(_("address or network"), max_length=43)
    note = models.CharField(_("note"), max_length=100, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=254, default="", editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "network"], name="network_once_per_application"),
            models.UniqueConstraint(
                fields=["account", "network"],
                condition=models.Q(application=None),
                name="network_once_per_account",
            ),
        ]

    def __str__(self) -> str:
        return self.network
