"""Writing from which addresses good credentials are used: what operations/usage.py has gathered of it."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from applications.models import AddressUse, APIKey, Application
from applications.models.address_use import Holder, add_address_uses
from applications.models.usage import REMEMBERED_DAYS
from applications.rules.networks import Address

MOST = 500  # uses a transaction

type Use = tuple[Holder, int, Address]  # whose credential, its key in the database, from where

HOLDERS = {"application": Application.objects, "api_key": APIKey.objects}


@transaction.atomic
def count_uses(uses: Mapping[Use, int]) -> None:
    """Add to today's counts; what belongs to an application or a key deleted in the meantime is left out."""
    holder: Holder
    for holder in ("application", "api_key"):
        counts = {(pk, address): count for (kind, pk, address), count in uses.items() if kind == holder}
        stored = HOLDERS[holder].filter(pk__in={pk for pk, _address in counts}) if counts else ()
        known = {row.pk for row in stored}
        if held := {use: count for use, count in counts.items() if use[0] in known}:
            add_address_uses(holder, held, now())


def sweep_address_uses() -> None:
    """Delete what is older than anyone asks for."""
    AddressUse.objects.filter(day__lt=now().date() - timedelta(days=REMEMBERED_DAYS)).delete()
