"""Writing from which addresses good credentials are used: what operations/usage.py has gathered of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from applications.models import AddressUse, APIKey, Application
from applications.models.usage import REMEMBERED_DAYS
from applications.rules.networks import Address, parse_address

MOST = 500  # uses a transaction

type Holder = Literal["application", "api_key"]
type Use = tuple[Holder, int, Address]  # whose credential, its key in the database, from where

HOLDERS = {"application": Application.objects, "api_key": APIKey.objects}


@transaction.atomic
def add_address_uses(uses: Mapping[Use, int]) -> None:
    """Add to today's counts, in as many statements for one use as for MOST of them."""
    moment = now()
    holder: Holder
    for holder in ("application", "api_key"):
        if counts := {(pk, address): count for (kind, pk, address), count in uses.items() if kind == holder}:
            _add(holder, counts, moment)


def _add(holder: Holder, counts: dict[tuple[int, Address], int], moment: datetime) -> None:
    # Each may have been deleted in the meantime.
    known = set(HOLDERS[holder].filter(pk__in={pk for pk, _ in counts}).values_list("pk", flat=True))
    # In one order in every process, so that of two that insert the same rows none waits for the other in a ring.
    uses = sorted((pk, str(address)) for pk, address in counts if pk in known)
    AddressUse.objects.bulk_create(
        [AddressUse(**{f"{holder}_id": pk}, ip=ip, day=moment.date(), last_at=moment) for pk, ip in uses],
        ignore_conflicts=True,
    )
    rows = _locked(holder, set(uses), moment.date())
    for pk, row in rows:
        row.count = F("count") + counts[pk, parse_address(row.ip)]
        row.last_at = moment
    AddressUse.objects.bulk_update([row for _pk, row in rows], ["count", "last_at"])


def _locked(holder: Holder, uses: set[tuple[int, str]], day: date) -> list[tuple[int, AddressUse]]:
    """Return today's rows of these uses with the keys of their holders, locked in the order of their own keys."""
    found = AddressUse.objects.filter(
        **{f"{holder}__in": {pk for pk, _ in uses}}, ip__in={ip for _, ip in uses}
    )
    rows = [
        (getattr(row, f"{holder}_id"), row)
        for row in found.filter(day=day).select_for_update().order_by("pk")
    ]
    return [(pk, row) for pk, row in rows if (pk, str(parse_address(row.ip))) in uses]


def sweep_address_uses() -> None:
    """Delete what is older than anyone asks for."""
    AddressUse.objects.filter(day__lt=now().date() - timedelta(days=REMEMBERED_DAYS)).delete()
