"""Writing from which addresses good credentials are used: what operations/usage.py has gathered of it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from applications.models import AddressUse, APIKey, Application, ApplicationSecret
from applications.models.address_use import Holder, Used, add_address_uses
from applications.models.usage import ADDRESS_USE_DAYS
from applications.rules.networks import Address

MAX_USES = 500  # uses a transaction

# Whose credential: key of the application or API key, the digest where it was a secret; and from where.
type Use = tuple[Holder, int, bytes | None, Address]

HOLDERS = {"application": Application.objects, "api_key": APIKey.objects}


@transaction.atomic
def count_uses(uses: Mapping[Use, int]) -> None:
    """Add to today's counts; what belongs to an application or a key deleted in the meantime is left out."""
    secrets = _secrets(uses)
    holder: Holder
    for holder in ("application", "api_key"):
        counts: dict[Used, int] = {
            (pk, secrets.get((pk, digest)) if digest else None, address): count
            for (kind, pk, digest, address), count in uses.items()
            if kind == holder
        }
        stored = HOLDERS[holder].filter(pk__in={pk for pk, _secret, _address in counts}) if counts else ()
        known = {row.pk for row in stored}
        if held := {used: count for used, count in counts.items() if used[0] in known}:
            add_address_uses(holder, held, now())


def _secrets(uses: Iterable[Use]) -> dict[tuple[int, bytes], int]:
    """Return the keys of the secrets that were used, by application and digest."""
    pairs = {(pk, digest) for _holder, pk, digest, _address in uses if digest}
    if not pairs:
        return {}
    stored = ApplicationSecret.objects.filter(application__in={pk for pk, _digest in pairs})
    rows = stored.filter(digest__in={digest for _pk, digest in pairs}).values_list(
        "application_id", "digest", "pk"
    )
    return {(application_pk, bytes(digest)): pk for application_pk, digest, pk in rows}


def sweep_address_uses() -> None:
    """Delete what is older than anyone asks for."""
    AddressUse.objects.filter(day__lt=now().date() - timedelta(days=ADDRESS_USE_DAYS)).delete()
