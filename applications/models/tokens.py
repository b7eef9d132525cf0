"""Access tokens: opaque, each issued to one application."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from applications.models.applications import Application
from applications.models.expiry import unexpired
from applications.rules.credentials import token_key


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self, moment: datetime | None = None) -> "AccessTokenQuerySet":
        """Those that would be accepted now, the address and the scope aside."""
        return self.valid(moment).filter(application__is_enabled=True)

    def valid(self, moment: datetime | None = None) -> "AccessTokenQuerySet":
        """Those neither expired nor revoked: they work as long as their application is enabled."""
        return self.filter(
            unexpired(moment),
            revoked_at=None,
            generation__gte=F("application__live_generation"),
        )

    def newest(self, most: int) -> "AccessTokenQuerySet":
        """The `most` tokens issued last: a query on these costs the same however many tokens there are."""
        return self.model.objects.filter(pk__in=self.order_by("-pk").values("pk")[:most])

    def by_address(self) -> Iterable[Mapping[str, Any]]:
        """Where these are used from, or were asked for when not used yet: rows of `address`, `tokens` (how many)
        and `latest`, the latest first."""
        placed = self.annotate(
            address=Coalesce("last_used_ip", "issued_ip"), moment=Coalesce("last_used_at", "issued_at")
        )
        rows = placed.order_by().values("address").annotate(tokens=Count("pk"), latest=Max("moment"))
        return rows.order_by("-latest")

    def dead(self, moment: datetime | None = None) -> "AccessTokenQuerySet":
        """Those that no change can bring back, and those whose application is gone.

        Tokens of a disabled application are not among them: enabling it makes them work again.
        """
        client = Application.objects.filter(pk=OuterRef("application_id"))
        outlived = client.filter(live_generation__gt=OuterRef("generation"))
        ended = Q(expires_at__lte=moment or now()) | Q(revoked_at__isnull=False)
        return self.filter(ended | ~Exists(client) | Exists(outlived))

    def per_application(self) -> Coalesce:
        """How many of these an application has, as an expression to annotate applications with."""
        ours = self.filter(application=OuterRef("pk")).order_by().values("application")
        return Coalesce(Subquery(ours.annotate(number=Count("pk")).values("number")), 0)

    def by_value(self, token: str) -> "AccessTokenQuerySet":
        """The one whose value this is, or none."""
        return self.filter(key=token_key(token))


class AccessToken(models.Model):
    """A token's key, never its value; see docs/decisions/0004 for why each column is as it is.

    The key is the first 128 bits of the value's SHA-256: 1.3 times the checks of a 32-byte digest at ten
    million rows. The application is not a foreign key in the database, because checking one costs up
    to 16 % of issuing: the join finds no token without its application, and `purge` deletes such tokens.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(unique=True)
    hint = models.CharField(max_length=4)
    application = models.ForeignKey(
        "applications.Application",
        models.DO_NOTHING,
        related_name="tokens",
        db_constraint=False,
        db_index=False,
    )
    generation = models.PositiveIntegerField()
    scope = models.TextField()
    issued_at = models.DateTimeField()
    issued_ip = models.GenericIPAddressField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_ip = models.GenericIPAddressField(null=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["application", "id"], name="token_by_application"),
            # For the page of key safety; the few tokens that never expire alone are in it.
            models.Index(
                fields=["application", "generation"],
                condition=Q(expires_at=None, revoked_at=None),
                name="token_that_never_expires",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("issued_at")),
                name="token_expires_after_its_issue",
            ),
        ]

    def __str__(self) -> str:
        return f"••••{self.hint}"
