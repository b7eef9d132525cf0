"""Which addresses use good credentials, and which of them a change of a list would lock out. Only reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.models.accounts import Account
from applications.models.address_use import AddressRow, AddressUse
from applications.models.api_keys import APIKey
from applications.models.applications import Application
from applications.models.secrets import ApplicationSecret
from applications.models.tokens import AccessToken
from applications.models.usage import ADDRESS_USE_DAYS
from applications.rules.networks import (
    Address,
    allows,
    make_list,
    parse_address,
    with_account_list,
    with_application_list,
)

MAX_ADDRESSES = 10_000  # addresses of applications, and of API keys, looked at: those used last
NEWEST_TOKENS = 1_000  # whose issue and use may not have been counted yet

type Holder = tuple[int | None, int | None]  # key of the application or of the API key; the other is None
type LastUse = tuple[Holder, str | None, datetime | None]  # from where and when last, as far as that is known


@dataclass(frozen=True, slots=True)
class Use:
    """What one application or API key did from one address, and the allowlist that holds for it now."""

    address: Address
    who: str
    application_id: str  # empty for an API key
    allowlist: str
    calls: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class InUse:
    """An address and who used credentials from it, whoever did last first."""

    address: Address
    uses: list[Use]

    @property
    def network(self) -> str:
        """The line that would hold just this address."""
        return f"{self.address}/{self.address.max_prefixlen}"

    @property
    def latest(self) -> datetime:
        """When last, by any of them."""
        return max(use.latest for use in self.uses)


def uses(account: Account, application: Application | None = None) -> list[Use]:
    """Return from where credentials of `application`, or of the whole account, were used of late.

    Of the last ADDRESS_USE_DAYS days, the latest first, as many queries for one address as for MAX_ADDRESSES. What the
    last second brought is not counted yet, and taken from what each token, secret and key says of itself.
    """
    found: dict[tuple[Holder, Address], tuple[int, datetime]] = {}
    for application_pk, api_key_pk, ip, calls, latest in _counted(account, application):
        found[(application_pk, api_key_pk), parse_address(ip)] = (calls, latest)
    earliest = now() - timedelta(days=ADDRESS_USE_DAYS)
    for holder, noted, moment in _noted(account, application, earliest):
        if noted and moment and moment >= earliest:
            calls, latest = found.get((holder, parse_address(noted)), (1, moment))
            found[holder, parse_address(noted)] = (calls, max(latest, moment))
    named = _named(account, application, {holder for holder, _address in found})
    known = [
        Use(address, *named[holder], calls, latest)
        for (holder, address), (calls, latest) in found.items()
        if holder in named
    ]
    return sorted(known, key=lambda use: use.latest, reverse=True)


def by_address(found: Iterable[Use]) -> list[InUse]:
    """Return the addresses of `found` in its order, each with its uses."""
    grouped: dict[Address, list[Use]] = {}
    for use in found:
        grouped.setdefault(use.address, []).append(use)
    return [InUse(address, of_address) for address, of_address in grouped.items()]


def locked_out(found: Iterable[Use], networks: Iterable[str], application: Application | None) -> list[InUse]:
    """Return the addresses in use that work now, and would not if `networks` were the whole list.

    The list of `application`, or of the account where that is None.
    """
    replaced, listed = with_application_list if application else with_account_list, make_list(networks)
    return by_address(
        use
        for use in found
        if allows(use.allowlist, use.address) and not allows(replaced(use.allowlist, listed), use.address)
    )


def _counted(account: Account, application: Application | None) -> Iterator[AddressRow]:
    recent = AddressUse.objects.recent()
    if application is not None:
        yield from recent.filter(application=application).per_address()[:MAX_ADDRESSES]
    else:
        yield from recent.filter(application__account=account).per_address()[:MAX_ADDRESSES]
        yield from recent.filter(api_key__account=account).per_address()[:MAX_ADDRESSES]


def _noted(account: Account, application: Application | None, earliest: datetime) -> Iterator[LastUse]:
    late = Q(last_used_at__gte=earliest)
    ours = Application.objects.filter(pk=application.pk) if application else account.applications.all()
    for pk, ip, moment in ours.filter(late).values_list("pk", "last_used_ip", "last_used_at"):
        yield (pk, None), ip, moment
    secrets = ApplicationSecret.objects.filter(late, application__in=ours)
    for pk, ip, moment in secrets.values_list("application_id", "last_used_ip", "last_used_at"):
        yield (pk, None), ip, moment
    keys = APIKey.objects.filter(late, account=account) if application is None else APIKey.objects.none()
    for pk, ip, moment in keys.values_list("pk", "last_used_ip", "last_used_at"):
        yield (None, pk), ip, moment
    yield from _of_tokens(ours)


def _of_tokens(ours: QuerySet[Application]) -> Iterator[LastUse]:
    # Limited by key, not by time or application, so that ten million tokens cost what ten do.
    newest = AccessToken.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    tokens = AccessToken.objects.filter(pk__gt=newest - NEWEST_TOKENS, application__in=ours)
    for token in tokens.only("application_id", "issued_ip", "issued_at", "last_used_ip", "last_used_at"):
        yield (token.application_id, None), token.issued_ip, token.issued_at
        yield (token.application_id, None), token.last_used_ip, token.last_used_at


def _named(
    account: Account, application: Application | None, holders: set[Holder]
) -> dict[Holder, tuple[str, str, str]]:
    """Return name, application ID and allowlist of each; a revoked or expired key has nothing to lose."""
    named: dict[Holder, tuple[str, str, str]] = {}
    application_pks = [pk for pk, _key in holders if pk is not None]
    clients = account.applications.only("application_id", "name", "allowlist")
    for client in [application] if application else clients.in_bulk(application_pks).values():
        named[client.pk, None] = (str(client), client.application_id, client.allowlist)
    for key in account.api_keys.live().in_bulk([pk for _client, pk in holders if pk is not None]).values():
        named[None, key.pk] = (_("API key {name}").format(name=key), "", account.allowlist)
    return named
