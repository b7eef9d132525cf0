"""When each scope of an application was last used, and which have not been for long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, models
from django.utils.timezone import now

from applications.models.applications import Application

UNUSED_AFTER = timedelta(days=90)
WRITTEN_EVERY = timedelta(minutes=5)  # at most, for one scope of one application
NOT_NAMED = ""  # the scope of a check whose asker does not say what for: introspection (RFC 7662)

type UsedScope = tuple[int, str]  # key of the application, name of the scope

ADD = """
INSERT INTO applications_scopeuse AS held (application_id, scope, last_at) VALUES (%s, %s, %s)
ON CONFLICT (application_id, scope) DO UPDATE SET last_at = excluded.last_at WHERE held.last_at <= %s
"""


class ScopeUse(models.Model):
    """When a token of an application was last good for a request that needs this scope.

    `scope` is the name, which is never given to another scope, so that a scope taken away and granted again keeps
    its history. NOT_NAMED has a row of its own.
    """

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, db_index=False, related_name="scope_uses"
    )
    scope = models.CharField(max_length=40, blank=True)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "scope"], name="scope_use_once_per_application"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.last_at}"


@dataclass(frozen=True, slots=True)
class GrantUse:
    """A scope that an application holds, when it was last used, and since when its uses are recorded."""

    name: str
    last_at: datetime | None
    since: datetime

    @property
    def is_new(self) -> bool:
        """Whether it was granted, or its uses are recorded, since less than a day."""
        return self.since > now() - timedelta(days=1)

    def is_unused(self, moment: datetime) -> bool:
        """Whether it was not used for UNUSED_AFTER, and its uses were recorded all that time."""
        return max(self.since, self.last_at or self.since) <= moment - UNUSED_AFTER


@dataclass(frozen=True, slots=True)
class ScopeUses:
    """How an application uses what it holds; `unnamed_at`: the last check that did not say for which scope."""

    grants: list[GrantUse]
    created_at: datetime
    unnamed_at: datetime | None

    def unused(self, moment: datetime) -> list[GrantUse]:
        """Return the scopes that were not used for UNUSED_AFTER; none when that cannot be known.

        It cannot for a younger application, nor for one whose tokens a service asked about without naming a scope.
        """
        earliest = moment - UNUSED_AFTER
        if self.created_at > earliest or (self.unnamed_at is not None and self.unnamed_at > earliest):
            return []
        return [grant for grant in self.grants if grant.is_unused(moment)]

    @property
    def since(self) -> datetime:
        """Since when its uses are recorded, those of the scope that it holds longest."""
        return max(self.created_at, min((grant.since for grant in self.grants), default=self.created_at))

    @property
    def known_from(self) -> datetime:
        """When unused scopes are known at the earliest."""
        return self.since + UNUSED_AFTER

    @property
    def is_too_early(self) -> bool:
        """Whether no scope can be known to be unused yet."""
        return self.known_from > now()


def scope_uses(application: Application) -> ScopeUses:
    """Return the uses of each scope that the application holds, in catalogue order; two queries."""
    used = dict(ScopeUse.objects.filter(application=application).values_list("scope", "last_at"))
    granted = application.granted_scopes.order_by("scope__position", "scope__name")
    grants = [
        GrantUse(name, used.get(name), since)
        for name, since in granted.values_list("scope__name", "recorded_since")
    ]
    return ScopeUses(grants, application.created_at, used.get(NOT_NAMED))


def add_scope_uses(used: Iterable[UsedScope], moment: datetime) -> None:
    """Write that these were used, where that was not written within WRITTEN_EVERY.

    Sorted, so that two processes that write at the same time cannot deadlock.
    """
    at = connection.ops.adapt_datetimefield_value(moment)
    earlier = connection.ops.adapt_datetimefield_value(moment - WRITTEN_EVERY)
    rows = [[pk, scope, at, earlier] for pk, scope in sorted(used)]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(ADD, rows)
