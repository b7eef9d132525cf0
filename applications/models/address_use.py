"""From which addresses good credentials are used, counted per day.

Counting is one statement, the same text on PostgreSQL and SQLite, because the ORM has no INSERT that adds to a stored
number. With the several statements that it needs, counting took ten times as long.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, models
from django.db.models import Max, Q, Sum
from django.utils.timezone import now

from applications.models.usage import ADDRESS_USE_DAYS
from applications.rules.networks import Address

# Key of the application or of the API key (the other is None), address, calls, the latest of them.
type AddressRow = tuple[int | None, int | None, str, int, datetime]
type SecretRow = tuple[int, str, int, datetime]  # key of the secret, address, calls, the latest of them
type Holder = Literal["application", "api_key"]
# Whose credential was used: the key of the application or API key, of the secret where it was one, and from where.
type Used = tuple[int, int | None, Address]

ADD = """
INSERT INTO applications_addressuse AS held ({holder}, secret_id, ip, day, count, last_at)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT {once} DO UPDATE SET count = held.count + excluded.count, last_at = excluded.last_at
"""
ADD_OF_API_KEY = ADD.format(holder="api_key_id", once="(api_key_id, ip, day)")
ADD_OF_SECRET = ADD.format(holder="application_id", once="(secret_id, ip, day)")
ADD_OF_TOKENS = ADD.format(holder="application_id", once="(application_id, ip, day) WHERE secret_id IS NULL")


class AddressUseQuerySet(models.QuerySet["AddressUse"]):
    def recent(self) -> "AddressUseQuerySet":
        """Those of the last ADDRESS_USE_DAYS days."""
        return self.filter(day__gte=now().date() - timedelta(days=ADDRESS_USE_DAYS))

    def per_address(self) -> "models.QuerySet[AddressUse, AddressRow]":
        """What each application and each API key did from each address, the latest first."""
        rows = self.order_by().values("application_id", "api_key_id", "ip")
        summed = rows.annotate(calls=Sum("count"), latest=Max("last_at")).order_by("-latest")
        return summed.values_list("application_id", "api_key_id", "ip", "calls", "latest")

    def per_secret(self) -> "models.QuerySet[AddressUse, SecretRow]":
        """What each secret was used for from each address, the latest first."""
        rows = self.order_by().exclude(secret=None).values("secret_id", "ip")
        summed = rows.annotate(calls=Sum("count"), latest=Max("last_at")).order_by("-latest")
        return summed.values_list("secret_id", "ip", "calls", "latest")


class AddressUse(models.Model):
    """How often good credentials of an application, or an API key, were used from an address on one day (UTC).

    `secret` says which secret of the application it was; None for its tokens. What the pages of allowed IPs warn
    with, and what a reset shows of each secret. Older days than ADDRESS_USE_DAYS are swept.
    """

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    api_key = models.ForeignKey(
        "applications.APIKey", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    secret = models.ForeignKey(
        "applications.ApplicationSecret",
        models.CASCADE,
        null=True,
        db_index=False,
        related_name="address_uses",
    )
    ip = models.GenericIPAddressField()
    day = models.DateField(db_index=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    objects = AddressUseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["application", "day"], name="address_use_by_application")]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "ip", "day"], condition=Q(secret=None), name="address_once_a_day"
            ),
            models.UniqueConstraint(fields=["secret", "ip", "day"], name="address_once_a_day_per_secret"),
            models.UniqueConstraint(fields=["api_key", "ip", "day"], name="address_once_a_day_per_api_key"),
            models.CheckConstraint(
                condition=Q(application=None, api_key__isnull=False)
                | Q(application__isnull=False, api_key=None),
                name="address_used_by_one",
            ),
            models.CheckConstraint(
                condition=Q(secret=None) | Q(application__isnull=False),
                name="address_of_a_secret_is_of_its_application",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ip} on {self.day}: {self.count}"


def add_address_uses(holder: Holder, counts: Mapping[Used, int], moment: datetime) -> None:
    """Add to what was counted on the day of `moment`.

    The rows are sorted, so that two processes that write at the same time cannot deadlock.
    """
    of_secrets = {used: count for used, count in counts.items() if used[1] is not None}
    others = {used: count for used, count in counts.items() if used[1] is None}
    _add(ADD_OF_TOKENS if holder == "application" else ADD_OF_API_KEY, others, moment)
    _add(ADD_OF_SECRET, of_secrets, moment)


def _add(statement: str, counts: Mapping[Used, int], moment: datetime) -> None:
    if not counts:
        return
    day = connection.ops.adapt_datefield_value(moment.date())
    last_at = connection.ops.adapt_datetimefield_value(moment)
    ordered = sorted(
        (pk, secret or 0, str(address), count) for (pk, secret, address), count in counts.items()
    )
    rows = [
        [pk, secret or None, connection.ops.adapt_ipaddressfield_value(ip), day, count, last_at]
        for pk, secret, ip, count in ordered
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
