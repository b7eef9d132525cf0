"""From which addresses good credentials are used, counted per day.

The counting is one statement, the same text on PostgreSQL and SQLite, because the ORM cannot add to what is stored: in
several statements it took ten times as long, beside requests that have to be answered.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, models
from django.db.models import Max, Q, Sum
from django.utils.timezone import now

from applications.models.usage import REMEMBERED_DAYS
from applications.rules.networks import Address

# Key of the application or of the API key (the other is None), address, calls, the latest of them.
type AddressRow = tuple[int | None, int | None, str, int, datetime]
type Holder = Literal["application", "api_key"]

ADD = """
INSERT INTO applications_addressuse AS held ({holder}_id, ip, day, count, last_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT ({holder}_id, ip, day) DO UPDATE SET count = held.count + excluded.count, last_at = excluded.last_at
"""


class AddressUseQuerySet(models.QuerySet["AddressUse"]):
    def recent(self) -> "AddressUseQuerySet":
        """Those of the last REMEMBERED_DAYS days."""
        return self.filter(day__gte=now().date() - timedelta(days=REMEMBERED_DAYS))

    def per_address(self) -> "models.QuerySet[AddressUse, AddressRow]":
        """What each application and each API key did from each address, the latest first."""
        rows = self.order_by().values("application_id", "api_key_id", "ip")
        summed = rows.annotate(calls=Sum("count"), latest=Max("last_at")).order_by("-latest")
        return summed.values_list("application_id", "api_key_id", "ip", "calls", "latest")


class AddressUse(models.Model):
    """How often good credentials of an application, or an API key, were used from an address on one day (UTC).

    What the pages of allowed IPs warn with. Older days than REMEMBERED_DAYS are swept.
    """

    application = models.ForeignKey(
        "applications.Application", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    api_key = models.ForeignKey(
        "applications.APIKey", models.CASCADE, null=True, db_index=False, related_name="address_uses"
    )
    ip = models.GenericIPAddressField()
    day = models.DateField(db_index=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    objects = AddressUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "ip", "day"], name="address_once_a_day"),
            models.UniqueConstraint(fields=["api_key", "ip", "day"], name="address_once_a_day_per_api_key"),
            models.CheckConstraint(
                condition=Q(application=None, api_key__isnull=False)
                | Q(application__isnull=False, api_key=None),
                name="address_used_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ip} on {self.day}: {self.count}"


def add_address_uses(holder: Holder, counts: Mapping[tuple[int, Address], int], moment: datetime) -> None:
    """Add to what was counted on the day of `moment`, by key of the application or API key and by address.

    In one order in every process, so that none waits for another in a ring.
    """
    day = connection.ops.adapt_datefield_value(moment.date())
    last_at = connection.ops.adapt_datetimefield_value(moment)
    ordered = sorted((pk, str(address), count) for (pk, address), count in counts.items())
    rows = [
        [pk, connection.ops.adapt_ipaddressfield_value(ip), day, count, last_at] for pk, ip, count in ordered
    ]
    with connection.cursor() as cursor:
        cursor.executemany(ADD.format(holder=holder), rows)
