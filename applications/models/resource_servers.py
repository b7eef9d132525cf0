"""A resource server: a service of the platform that asks about tokens; made by the operator."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


class ResourceServer(models.Model):
    """A service of the platform, with an ID and a secret of its own, of no account: it may ask about any token."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    server_id = models.CharField(_("ID"), max_length=40, unique=True, editable=False)
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(_("secret"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    created_by = models.CharField(_("created by"), max_length=254, default="", editable=False)
    reset_at = models.DateTimeField(_("secret reset"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(_("from"), null=True, editable=False)

    class Meta:
        verbose_name = _("resource server")
        verbose_name_plural = _("resource servers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(name__length__gt=0), name="resource_server_has_a_name"),
            models.CheckConstraint(
                condition=Q(server_id__length=40), name="resource_server_id_is_40_characters"
            ),
        ]

    def __str__(self) -> str:
        return self.name
