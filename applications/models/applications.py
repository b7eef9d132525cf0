"""An application: a registered OAuth client of an account."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.order_of_use import LastUsed


class Lifetime(models.TextChoices):
    """How long a token lives; the value is what the API says and takes as `tokenExpiration`."""

    DAY = "1 day", _("1 day")
    WEEK = "1 week", _("1 week")
    NEVER = "never", _("Never")

    @property
    def span(self) -> timedelta | None:
        """The same as a duration; None for ever."""
        return {"1 day": timedelta(days=1), "1 week": timedelta(weeks=1), "never": None}[self.value]


class ApplicationQuerySet(models.QuerySet["Application"]):
    def search(self, words: str) -> "ApplicationQuerySet":
        """Those whose name contains `words`, or whose ID starts with them."""
        untitled = Q(name="") if words.lower() == "untitled" else Q()
        return self.filter(Q(name__icontains=words) | Q(application_id__startswith=words.lower()) | untitled)

    def granted(self, scope: str) -> "ApplicationQuerySet":
        """Those that hold the scope of this name."""
        return self.filter(scopes__name=scope)

    def by_use(self, *, latest_first: bool = True) -> "ApplicationQuerySet":
        """In the order of their last use, with it as `used`; those never used count as used before all others."""
        order = ("-used", "-pk") if latest_first else ("used", "pk")
        return self.annotate(used=LastUsed("last_used_at")).order_by(*order)

    def count_up_to(self, most: int) -> int:
        """How many there are; `most` + 1 where they are more."""
        return self.order_by()[: most + 1].count()

    def keys_up_to(self, most: int) -> list[int] | None:
        """The keys of all there are, in any order; None where they are more than `most`."""
        keys = list(self.order_by().values_list("pk", flat=True)[: most + 1])
        return keys if len(keys) <= most else None

    def with_webhook_settings(self) -> "ApplicationQuerySet":
        """With what MessageSettings.of and WebhookOptions.of return, in the same query."""
        return self.select_related("message_settings", "webhook_options")


class Application(models.Model):
    """A registered client (RFC 6749 section 2).

    `scope`, `grants` and `allowlist` repeat what GrantedScope and AllowedIP say, in the form the frequent
    statements read (models/statements/); only operations/scopes.py and operations/allowed_ips.py write them.

    generation          grows with every revocation of all tokens and with every scope granted
    live_generation     tokens of an earlier generation are dead: revoking all is one UPDATE of one row
    scope               names in catalogue order, "sms groups"
    grants              "sms:0 groups:3": a token of an earlier generation does not have the scope
    allowlist           "10.0.0.0/8|192.0.2.1/32": the account's networks, then the application's
    """

    account = models.ForeignKey("applications.Account", models.PROTECT, related_name="applications")
    application_id = models.CharField(_("application ID"), max_length=40, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    lifetime = models.CharField(_("token lifetime"), max_length=6, choices=Lifetime, default=Lifetime.DAY)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    # False is the platform's way of before signatures: then nobody can tell our webhooks from anybody's.
    signs_webhooks = models.BooleanField(default=True, db_default=True, editable=False)

    generation = models.PositiveIntegerField(default=0, editable=False)
    live_generation = models.PositiveIntegerField(default=0, editable=False)
    scope = models.TextField(default="", editable=False)
    grants = models.TextField(default="", editable=False)
    allowlist = models.TextField(default="|", editable=False)

    # `revision` finds a change that another admin made meanwhile, `submission` a form that was sent twice
    # (operations/applications.py).
    revision = models.PositiveIntegerField(default=0, editable=False)
    submission = models.UUIDField(null=True, editable=False, unique=True)

    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    created_by = models.CharField(max_length=254, default="", editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(null=True, editable=False)

    scopes = models.ManyToManyField(
        "applications.Scope",
        through="applications.GrantedScope",
        related_name="applications",
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="application_by_account"),
            # A write of last use, which is one a minute at most, takes 40 instead of 21 microseconds with it.
            models.Index(
                F("account"), LastUsed("last_used_at").desc(), F("id").desc(), name="application_by_use"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(application_id__length=40),
                name="application_id_is_40_characters",
            ),
            models.CheckConstraint(
                condition=Q(lifetime__in=Lifetime.values),
                name="application_lifetime_is_known",
            ),
            models.CheckConstraint(
                condition=Q(live_generation__lte=F("generation")),
                name="application_live_generation_was_reached",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Untitled"))

    @property
    def scope_names(self) -> list[str]:
        """Its scopes in catalogue order."""
        return self.scope.split()


class GrantedScope(models.Model):
    """A scope that an application holds, since one of its generations.

    `recorded_since`: from when on its uses are known (models/scope_use.py). That is when it was granted or, for what
    was granted earlier, when the server began to record uses.
    """

    application = models.ForeignKey("applications.Application", models.CASCADE, related_name="granted_scopes")
    scope = models.ForeignKey("applications.Scope", models.PROTECT, related_name="granted_scopes")
    since_generation = models.PositiveIntegerField(default=0)
    recorded_since = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "scope"], name="scope_granted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} of {self.application}"
