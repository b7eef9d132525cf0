"""Writing how good credentials are used: what operations/usage.py has gathered of it."""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from applications.models import AddressUse, APIKey, Application, ApplicationSecret
from applications.models.address_use import Holder, Used, add_address_uses
from applications.models.scope_use import NOT_NAMED, WRITTEN_EVERY, UsedScope, add_scope_uses
from applications.models.secret_use import add_secret_uses
from applications.models.usage import ADDRESS_USE_DAYS, CHECKED, DailyCount, add_daily_counts
from applications.rules.networks import Address

MAX_USES = 500  # uses a transaction
MAX_REMEMBERED = 10_000  # scopes of applications whose last writing a process remembers

# The scopes for which a token was found good; UNNAMED when whoever asked did not say for which, None when it was not
# a token, or not good for what was asked.
type Purpose = tuple[str, ...] | None
UNNAMED: Purpose = (NOT_NAMED,)

# Whose credential: key of the application or API key, the digest where it was a secret; from where, if that is
# known; and for what.
type Use = tuple[Holder, int, bytes | None, Address | None, Purpose]

HOLDERS = {"application": Application.objects, "api_key": APIKey.objects}


@transaction.atomic
def count_uses(uses: Mapping[Use, int]) -> None:
    """Add to today's counts; what belongs to an application or a key deleted in the meantime is left out."""
    moment, secrets = now(), _secrets(uses)
    holder: Holder
    for holder in ("application", "api_key"):
        ours = {use: count for use, count in uses.items() if use[0] == holder}
        known = set(_stored(holder, {use[1] for use in ours}))
        counts, of_secrets = Counter[Used](), Counter[int]()
        for (_kind, pk, digest, address, _purpose), count in ours.items():
            secret = secrets.get((pk, digest)) if digest else None
            if pk in known and address is not None:
                counts[pk, secret, address] += count
            if pk in known and secret is not None:
                of_secrets[secret] += count
        add_address_uses(holder, counts, moment)
        add_secret_uses(of_secrets, moment)
        if holder == "application":
            _count_checks({use: count for use, count in ours.items() if use[1] in known}, moment)


def _stored(holder: Holder, pks: set[int]) -> Iterable[int]:
    return HOLDERS[holder].filter(pk__in=pks).values_list("pk", flat=True) if pks else ()


def _secrets(uses: Iterable[Use]) -> dict[tuple[int, bytes], int]:
    """Return the keys of the secrets that were used, by application and digest."""
    pairs = {(pk, digest) for _holder, pk, digest, _address, _purpose in uses if digest}
    if not pairs:
        return {}
    stored = ApplicationSecret.objects.filter(application__in={pk for pk, _digest in pairs})
    rows = stored.filter(digest__in={digest for _pk, digest in pairs}).values_list(
        "application_id", "digest", "pk"
    )
    return {(application_pk, bytes(digest)): pk for application_pk, digest, pk in rows}


# --- Checks of tokens, and the scopes that they were for -----------------------------------------

_written: OrderedDict[UsedScope, float] = OrderedDict()


def _count_checks(uses: Mapping[Use, int], moment: datetime) -> None:
    """Count the checks, and write last, when nothing can fail any more, when each scope was used."""
    checks, scopes = Counter[DailyCount](), set[UsedScope]()
    for (_holder, pk, _digest, _address, purpose), count in uses.items():
        if purpose is not None:
            checks[pk, moment.date(), CHECKED] += count
            scopes.update((pk, name) for name in purpose)
    add_daily_counts(checks)
    due = {used for used in scopes if _is_due(used)}
    add_scope_uses(due, moment)
    _remember(due)


def _is_due(used: UsedScope) -> bool:
    """Whether this process has not written it within WRITTEN_EVERY; the statement asks what others have written."""
    written = _written.get(used)
    return written is None or time.monotonic() - written >= WRITTEN_EVERY.total_seconds()


def _remember(used: Iterable[UsedScope]) -> None:
    for each in used:
        _written[each] = time.monotonic()
        _written.move_to_end(each)
    while len(_written) > MAX_REMEMBERED:
        _written.popitem(last=False)


def sweep_address_uses() -> None:
    """Delete what is older than anyone asks for."""
    AddressUse.objects.filter(day__lt=now().date() - timedelta(days=ADDRESS_USE_DAYS)).delete()
