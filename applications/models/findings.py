"""What makes the credentials of an account less safe than they could be: found by queries, never stored.

What is stored is the decision that something stays as it is, for a year.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import BooleanField, Count, Exists, IntegerField, OuterRef, Q, Value
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.accounts import Account
from applications.models.api_keys import APIKey
from applications.models.applications import Application, Lifetime
from applications.models.secrets import ApplicationSecret
from applications.models.tokens import AccessToken

OLD_AFTER = timedelta(days=365)
UNUSED_AFTER = timedelta(days=90)
NEW_FOR = timedelta(days=7)  # as long nobody wonders that something was not used yet
KEPT_FOR = timedelta(days=365)


class Finding(models.TextChoices):
    """What was found, the most urgent first."""

    NEVER_EXPIRES = "never_expires", _("Tokens never expire")
    ALL_SCOPES = "all_scopes", _("Key has all scopes")
    TWO_SECRETS = "two_secrets", _("Two secrets work")
    OLD = "old", _("Older than a year")
    UNUSED = "unused", _("Unused for 90 days")
    NEVER_USED = "never_used", _("Never used")
    NO_ALLOWED_IPS = "no_allowed_ips", _("Works from every address")


type Found = tuple[Finding, bool, int]  # what; whether it is an API key; key of the API key or application


class KeptFindingQuerySet(models.QuerySet["KeptFinding"]):
    def current(self, moment: datetime | None = None) -> "KeptFindingQuerySet":
        """Those whose year is not over."""
        return self.filter(until__gt=moment or now())


class KeptFinding(models.Model):
    """Somebody's decision that a finding about an application or an API key (the other is None) stays for a year."""

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="kept_findings")
    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, db_index=False, related_name="kept_findings"
    )
    api_key = models.ForeignKey(
        "applications.APIKey", models.CASCADE, null=True, db_index=False, related_name="kept_findings"
    )
    kind = models.CharField(max_length=14, choices=Finding)
    kept_by = models.CharField(max_length=254)
    kept_at = models.DateTimeField(default=now)
    until = models.DateTimeField()

    objects = KeptFindingQuerySet.as_manager()

    class Meta:
        ordering = ["-kept_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "kind"], name="finding_kept_once_per_application"),
            models.UniqueConstraint(fields=["api_key", "kind"], name="finding_kept_once_per_api_key"),
            models.CheckConstraint(
                condition=Q(application=None, api_key__isnull=False)
                | Q(application__isnull=False, api_key=None),
                name="finding_is_about_one",
            ),
            models.CheckConstraint(condition=Q(kind__in=Finding.values), name="finding_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application or self.api_key}"


def of_applications(account: Account, moment: datetime) -> Mapping[Finding, Q | Exists]:
    """Return the condition of each kind on enabled applications; nothing works with those that are disabled.

    Secrets are lists that PostgreSQL reads once. Tokens are looked for application by application: there may be
    millions that never expire, and one of an application is enough.
    """
    secrets = ApplicationSecret.objects.filter(application__account=account)
    old = secrets.filter(expires_at=None, created_at__lt=moment - OLD_AFTER)
    tokens = AccessToken.objects.filter(
        application=OuterRef("pk"),
        expires_at=None,
        revoked_at=None,
        generation__gte=OuterRef("live_generation"),
    )
    return {
        Finding.NEVER_EXPIRES: Q(lifetime=Lifetime.NEVER) | Q(Exists(tokens)),
        Finding.TWO_SECRETS: Q(pk__in=secrets.older(moment).values("application")),
        Finding.OLD: Q(pk__in=old.values("application")),
        Finding.UNUSED: Q(last_used_at__lt=moment - UNUSED_AFTER),
        Finding.NEVER_USED: Q(last_used_at=None, created_at__lt=moment - NEW_FOR),
        Finding.NO_ALLOWED_IPS: Q(allowlist="|"),
    }


def of_api_keys(moment: datetime) -> Mapping[Finding, Q]:
    """Return the condition of each kind on API keys that work."""
    return {
        Finding.ALL_SCOPES: Q(scope=""),
        Finding.OLD: Q(created_at__lt=moment - OLD_AFTER),
        Finding.UNUSED: Q(last_used_at__lt=moment - UNUSED_AFTER),
        Finding.NEVER_USED: Q(last_used_at=None, created_at__lt=moment - NEW_FOR),
        Finding.NO_ALLOWED_IPS: Q(account__allowlist=""),
    }


class Findings:
    """What was found in an account at a moment, without what somebody decided to keep.

    As many queries for ten thousand applications as for three: `counts` are three, a slice is one.
    """

    def __init__(self, account: Account, moment: datetime, only: Finding | None = None) -> None:
        self.account, self.moment, self.only = account, moment, only
        self.applications = Application.objects.filter(account=account, is_enabled=True).order_by()
        self.keys = APIKey.objects.filter(account=account).live(moment).order_by()

    @cached_property
    def counts(self) -> dict[Finding, int]:
        """How many there are of each kind."""
        return {
            kind: sum(self._counted.get((kind, is_key), 0) for is_key in (False, True)) for kind in Finding
        }

    def count(self) -> int:
        """How many there are, of the kind that is shown or of all."""
        return sum(self.counts.values()) if self.only is None else self.counts[self.only]

    def __getitem__(self, part: slice) -> list[Found]:
        """Return a part of them, the most urgent kind first."""
        kinds, first, last = list(Finding), part.start or 0, part.stop
        rows, before = self._rows_of(first, last)
        if not rows:
            return []
        ordered = rows[0].union(*rows[1:], all=True).order_by("place", "is_key", "-pk")
        found = ordered[first - before : last - before]
        return [(kinds[place], bool(is_key), pk) for place, is_key, pk in found]

    def has(self, kind: Finding, subject: Application | APIKey) -> bool:
        """Whether this was found about the subject, and is not kept."""
        conditions, rows = self._of(isinstance(subject, APIKey))
        return kind in conditions and rows.filter(conditions[kind], pk=subject.pk).exists()

    @cached_property
    def _counted(self) -> dict[tuple[Finding, bool], int]:
        """The same, applications and API keys apart."""
        counted: dict[tuple[Finding, bool], int] = {}
        for is_key in (False, True):
            conditions, rows = self._of(is_key)
            figures = rows.aggregate(
                **{kind.value: Count("pk", filter=Q(found)) for kind, found in conditions.items()}
            )
            counted |= {(kind, is_key): figures[kind.value] for kind in conditions}
        return counted

    def _rows_of(self, first: int, last: int) -> tuple[list[models.QuerySet[Any, Any]], int]:
        """Return what a part is of, and how many come before that: all else is not looked for again."""
        rows, before, passed = list[models.QuerySet[Any, Any]](), 0, 0
        for of_kind, number in self._in_order():
            if passed + number <= first:
                before += number
            elif passed < last:
                rows.append(self._rows(*of_kind))
            passed += number
        return rows, before

    def _in_order(self) -> Iterator[tuple[tuple[Finding, bool], int]]:
        """What there is of those that are shown, and how many, in their order."""
        for kind in Finding:
            for is_key in (False, True):
                if self.only in (None, kind) and (number := self._counted.get((kind, is_key), 0)):
                    yield (kind, is_key), number

    def _rows(self, kind: Finding, is_key: bool) -> models.QuerySet[Any, Any]:
        conditions, rows = self._of(is_key)
        placed = rows.filter(conditions[kind]).annotate(
            place=Value(list(Finding).index(kind), IntegerField()), is_key=Value(is_key, BooleanField())
        )
        columns: models.QuerySet[Any, Any] = placed.values_list("place", "is_key", "pk")
        return columns

    def _of(self, is_key: bool) -> tuple[Mapping[Finding, Q], models.QuerySet[Any, Any]]:
        found = of_api_keys(self.moment) if is_key else of_applications(self.account, self.moment)
        rows = self.keys if is_key else self.applications
        return {kind: Q(one) & self._unkept(kind, is_key) for kind, one in found.items()}, rows

    def _unkept(self, kind: Finding, is_key: bool) -> Q:
        """The condition that nobody decided to keep it.

        A list, as above: with EXISTS PostgreSQL looks once for each row. Most accounts have kept nothing of most kinds.
        """
        if kind not in self._kept_kinds:
            return Q()
        holder = "api_key" if is_key else "application"
        return ~Q(pk__in=self._kept.filter(kind=kind, **{f"{holder}__isnull": False}).values(holder))

    @property
    def _kept(self) -> KeptFindingQuerySet:
        return KeptFinding.objects.current(self.moment).filter(account=self.account).order_by()

    @cached_property
    def _kept_kinds(self) -> set[str]:
        return set(self._kept.values_list("kind", flat=True).distinct())
