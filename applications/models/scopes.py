"""A scope: a resource of the API that a token may use."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _


class ScopeGroup(models.TextChoices):
    """Under which heading the panel shows a scope."""

    MESSAGES = "messages", _("Messages")
    CONTENT = "content", _("Content and contacts")
    ACCOUNT = "account", _("Account")


class ScopeQuerySet(models.QuerySet["Scope"]):
    def available(self) -> "ScopeQuerySet":
        """Those that can be granted: not retired by the operator."""
        return self.filter(retired_at=None)


class Scope(models.Model):
    """A word of the `scope` parameter (RFC 6749 section 3.3); the operator adds and retires them.

    Names are a strict subset of the RFC's scope-token, so that `name:generation` lists stay readable.
    """

    name = models.CharField(
        _("name"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"\A[a-z][a-z0-9._-]*\Z", _("Use a–z, 0–9, dot, dash and underscore."))],
    )
    description = models.CharField(_("description"), max_length=200)
    group = models.CharField(_("group"), max_length=10, choices=ScopeGroup)
    position = models.PositiveSmallIntegerField(_("position"), default=1000)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = ScopeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name__contains=" ")
                & ~models.Q(name__contains=":")
                & models.Q(name__length__gt=0),
                name="scope_name_is_one_word",
            ),
            models.CheckConstraint(
                condition=models.Q(group__in=ScopeGroup.values),
                name="scope_group_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
