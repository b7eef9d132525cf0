"""Which addresses use good credentials, and which of them a change of a list would lock out. Only reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, QuerySet, Sum, TextField, Value
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.models.accounts import Account
from applications.models.address_use import AddressUse
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

MAX_ADDRESSES = 10_000  # looked at of applications, and of API keys: those used last
NEWEST_TOKENS = 1_000  # whose issue and use may not have been counted yet
MOST_USERS = 1_000  # applications, and API keys, looked at to say who used the addresses that are shown

type Known = tuple[
    str, str, str, int, datetime
]  # address; which application or key, its name; calls, the latest
type LastUse = tuple[
    str, str | None, datetime | None
]  # the allowlist that holds now; from where and when last


@dataclass(frozen=True, slots=True)
class InUse:
    """An address that credentials were used from, the allowlists that hold for them now, and when last."""

    address: Address
    allowlists: frozenset[str]
    latest: datetime

    @property
    def network(self) -> str:
        """The line that would hold just this address."""
        return f"{self.address}/{self.address.max_prefixlen}"


@dataclass(frozen=True, slots=True)
class Use:
    """What one application or API key did from an address."""

    who: str
    calls: int
    latest: datetime


def addresses_in_use(account: Account, application: Application | None = None) -> list[InUse]:
    """Return from where credentials of `application`, or of the whole account, were used of late.

    Of the last ADDRESS_USE_DAYS days, the latest first, as many queries for one address as for MAX_ADDRESSES. The
    database puts together what all credentials with the same allowlist did from one address: an account may have ten
    thousand applications behind a few gateways. What the last second brought is not counted yet, and taken from what
    each token, secret and key says of itself.
    """
    earliest = now() - timedelta(days=ADDRESS_USE_DAYS)
    uses: dict[
        tuple[str, str], datetime
    ] = {}  # by address as text, so that each is parsed once, and allowlist
    for allowlist, ip, moment in _last_uses(account, application, earliest):
        if ip and moment and moment >= earliest:
            uses[ip, allowlist] = max(uses.get((ip, allowlist), moment), moment)
    found: dict[str, dict[str, datetime]] = {}
    for (ip, allowlist), moment in uses.items():
        found.setdefault(ip, {})[allowlist] = moment
    each = [InUse(parse_address(ip), frozenset(held), max(held.values())) for ip, held in found.items()]
    return sorted(each, key=lambda one: one.latest, reverse=True)


def locked_out(
    found: Iterable[InUse], networks: Iterable[str], application: Application | None
) -> list[InUse]:
    """Return the addresses in use that work now, and would not if `networks` were the whole list.

    The list of `application`, or of the account where that is None. One credential that would stop is enough.
    """
    replaced, listed = with_application_list if application else with_account_list, make_list(networks)
    return [
        each
        for each in found
        if any(
            allows(allowlist, each.address) and not allows(replaced(allowlist, listed), each.address)
            for allowlist in each.allowlists
        )
    ]


def users_of(
    account: Account, application: Application | None, addresses: Sequence[InUse]
) -> dict[Address, list[Use]]:
    """Return who used these addresses, the latest first; MOST_USERS are looked at.

    Of what is not counted yet, one call is known: the last of an application or a key. Three queries.
    """
    ips = [str(each.address) for each in addresses]
    found: dict[Address, dict[str, Use]] = {}
    for ip, holder, who, calls, latest in (
        *_counted(account, application, ips),
        *_last(account, application, ips),
    ):
        found.setdefault(parse_address(ip), {}).setdefault(holder, Use(who, calls, latest))
    return {
        address: sorted(uses.values(), key=lambda use: use.latest, reverse=True)
        for address, uses in found.items()
    }


def _counted(account: Account, application: Application | None, ips: list[str]) -> Iterator[Known]:
    uses = AddressUse.objects.recent().filter(ip__in=ips).order_by()
    clients = uses.filter(**_of(account, application)).values_list(
        "ip", "application_id", "application__name"
    )
    for ip, pk, name, calls, latest in _latest_calls(clients):
        yield ip, f"application {pk}", str(Application(name=name)), calls, latest
    if application is None:
        keys = uses.filter(api_key__in=account.api_keys.live())
        columns = keys.values_list("ip", "api_key_id", "api_key__name", "api_key__hint")
        for ip, pk, name, hint, calls, latest in _latest_calls(columns):
            yield ip, f"key {pk}", _key_named(name, hint), calls, latest


def _last(account: Account, application: Application | None, ips: list[str]) -> Iterator[Known]:
    """Yield those whose last use was from one of these addresses."""
    earliest = now() - timedelta(days=ADDRESS_USE_DAYS)
    late = {"last_used_ip__in": ips, "last_used_at__gte": earliest}
    clients = account.applications.filter(**({"pk": application.pk} if application else {}), **late)
    keys = account.api_keys.none() if application else account.api_keys.live().filter(**late)
    # An application has no hint, and a key has one.
    columns = ("last_used_ip", "pk", "name", "marked", "last_used_at")
    named: QuerySet[Any, Any] = clients.order_by().annotate(marked=Value("")).values_list(*columns)
    of_keys: QuerySet[Any, Any] = keys.order_by().annotate(marked=F("hint")).values_list(*columns)
    for ip, pk, name, hint, latest in named.union(of_keys, all=True).order_by("-last_used_at")[:MOST_USERS]:
        if hint:
            yield ip, f"key {pk}", _key_named(name, hint), 1, latest
        else:
            yield ip, f"application {pk}", str(Application(name=name)), 1, latest


def _key_named(name: str, hint: str) -> str:
    return _("API key {name}").format(name=APIKey(name=name, hint=hint))


def _latest_calls(grouped: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    summed: QuerySet[Any, Any] = grouped.annotate(calls=Sum("count"), latest=Max("last_at"))
    return summed.order_by("-latest")[:MOST_USERS]


def _of(account: Account, application: Application | None) -> dict[str, Account | Application]:
    """Return the filter of what belongs to the application, or to any of the account; one join with applications."""
    return {"application": application} if application else {"application__account": account}


def _last_uses(account: Account, application: Application | None, earliest: datetime) -> Iterator[LastUse]:
    ours = _of(account, application)
    keys = account.api_keys.none() if application else account.api_keys.live()
    recent = AddressUse.objects.recent().order_by()
    counted = recent.filter(**ours).values_list("application__allowlist", "ip")
    yield from counted.annotate(latest=Max("last_at")).order_by("-latest")[:MAX_ADDRESSES]
    of_keys = recent.filter(api_key__in=keys).values_list("ip").annotate(latest=Max("last_at"))
    for ip, moment in of_keys.order_by("-latest")[:MAX_ADDRESSES]:
        yield account.allowlist, ip, moment
    clients = account.applications.filter(**({"pk": application.pk} if application else {}))
    secrets = ApplicationSecret.objects.filter(**ours)
    noted = _noted(clients, F("allowlist"), earliest).union(
        _noted(secrets, F("application__allowlist"), earliest),
        _noted(keys, Value(account.allowlist, TextField()), earliest),
    )
    yield from noted.order_by()
    yield from _of_tokens(ours)


def _noted(rows: "QuerySet[Any]", allowlist: F | Value, earliest: datetime) -> "QuerySet[Any, LastUse]":
    """Return what rows say of themselves, put together by allowlist and address."""
    late = rows.order_by().filter(last_used_at__gte=earliest).annotate(holds=allowlist)
    grouped: QuerySet[Any, LastUse] = late.values_list("holds", "last_used_ip").annotate(
        latest=Max("last_used_at")
    )
    return grouped


def _of_tokens(ours: dict[str, Account | Application]) -> Iterator[LastUse]:
    # The newest of all, whose ever they are: limited by time or application, ten million would cost more than ten.
    newest = AccessToken.objects.order_by("-pk").values("pk")[:NEWEST_TOKENS]
    tokens = AccessToken.objects.filter(pk__in=newest, **ours)
    columns = ("application__allowlist", "issued_ip", "issued_at", "last_used_ip", "last_used_at")
    for allowlist, issued_ip, issued_at, used_ip, used_at in tokens.values_list(*columns):
        yield allowlist, issued_ip, issued_at
        yield allowlist, used_ip, used_at
