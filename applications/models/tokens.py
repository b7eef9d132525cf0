"""Access tokens: opaque, each issued to one application."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Case, F, IntegerField, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from applications.models.applications import Application
from applications.models.expiry import unexpired
from applications.rules.credentials import token_key

LIVE_GENERATION = F("application__live_generation")


@dataclass(frozen=True, slots=True)
class AddressTokens:
    """How many tokens are held at an address (None: it is not known), and when one was last used or asked for there."""

    address: str | None
    tokens: int
    latest: datetime


class CountOf(Subquery):
    """How many rows a query has; a slice of it counts up to a limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def live_tokens(most: int) -> Case:
    """How many live tokens an application has, `most` + 1 where they are more, to annotate applications with.

    The newest are looked at first: among the oldest, most have expired.
    """
    valid = AccessToken.objects.valid(live_generation=OuterRef("live_generation"))
    ours = valid.filter(application=OuterRef("pk")).order_by("-application_id", "-pk").values("pk")
    return Case(When(is_enabled=True, then=CountOf(ours[: most + 1])), default=0)


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self, moment: datetime | None = None) -> "AccessTokenQuerySet":
        """Those that would be accepted now, the address and the scope aside."""
        return self.valid(moment).filter(application__is_enabled=True)

    def valid(
        self, moment: datetime | None = None, *, live_generation: F | int = LIVE_GENERATION
    ) -> "AccessTokenQuerySet":
        """Those neither expired nor revoked: they work as long as their application is enabled."""
        return self.filter(unexpired(moment), revoked_at=None, generation__gte=live_generation)

    def newest_of(self, application: Application) -> "AccessTokenQuerySet":
        """The valid ones of an application, those issued last first: a part costs the same however many there are.

        The range of one key and the order by two columns leave PostgreSQL no index but the one on both. With `=` it
        may walk back through the tokens of everybody, which takes 0.2 s where a million are newer than these.
        """
        valid = self.valid(live_generation=application.live_generation)
        ours = valid.filter(application__gte=application.pk, application__lte=application.pk)
        return ours.order_by("-application_id", "-pk")

    def by_address(self, most: int) -> list[AddressTokens]:
        """Where the first `most` of these are used from, or were asked for when not used yet; the latest first.

        Counted here, because PostgreSQL reads the whole table to group a part that a subquery chooses.
        """
        placed = self.values_list(
            Coalesce("last_used_ip", "issued_ip"), Coalesce("last_used_at", "issued_at")
        )
        found: dict[str | None, tuple[int, datetime]] = {}
        for address, moment in placed[:most]:
            tokens, latest = found.get(address, (0, moment))
            found[address] = (tokens + 1, max(latest, moment))
        rows = [AddressTokens(address, *counted) for address, counted in found.items()]
        return sorted(rows, key=lambda row: row.latest, reverse=True)

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
