"""What the pages of allowed IPs show: the list, where the visitor is, and which addresses in use are outside."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import QuerySet
from django.urls import reverse

from applications.authentication.address import client_address
from applications.models import Account, AllowedIP, Application, User, in_use
from applications.models.in_use import InUse, Use
from applications.panel.access import PanelRequest
from applications.rules.networks import Address, allows, host_bits, make_list, shown

SHOWN = 30  # addresses named one by one, the latest used
USERS = 3  # applications and API keys named at an address
FIGURES = 20  # bits behind a prefix up to which the number of addresses is written out


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is shown; `bits` is the power of two of its addresses, `latest` when one was last in use."""

    network: str
    note: str
    bits: int
    latest: datetime | None
    added_by: str
    added_at: datetime
    remove: str

    @property
    def addresses(self) -> int | None:
        """How many addresses it contains; None where the number is too long to read."""
        return 2**self.bits if self.bits <= FIGURES else None


@dataclass(frozen=True, slots=True)
class UsedAddress:
    """An address in use as it is drawn: with the first USERS of those who used it, whoever did last first."""

    in_use: InUse
    users: list[Use]

    @property
    def named(self) -> list[Use]:
        """Those that are named."""
        return self.users[:USERS]

    @property
    def has_more(self) -> bool:
        """Whether others used it too."""
        return len(self.users) > USERS


class AllowedIPs:
    """The list that a page is about: the application's where the address names one, else the account's."""

    def __init__(self, request: PanelRequest) -> None:
        self.account: Account = request.account
        self.application: Application | None = getattr(request, "application", None)
        self.own: Address = client_address(request)

    @property
    def name(self) -> str:
        """The name of the page's address."""
        return "panel:application_allowed_ips" if self.application else "panel:allowed_ips"

    def url(self, verb: str = "", *line: int) -> str:
        """Return the page's address, or that of what is done on it ("add", "remove")."""
        keys = [self.account.pk, *([self.application.application_id] if self.application else [])]
        return reverse(f"{self.name}_{verb}" if verb else self.name, args=[*keys, *line])

    @property
    def lines(self) -> QuerySet[AllowedIP]:
        """The lines as stored."""
        return AllowedIP.objects.filter(account=self.account, application=self.application)

    @cached_property
    def stored(self) -> list[AllowedIP]:
        """The lines, asked once a page."""
        return list(self.lines)

    @cached_property
    def networks(self) -> list[str]:
        """Their networks."""
        return [line.network for line in self.stored]

    @cached_property
    def in_use(self) -> list[InUse]:
        """From where credentials were used of late; asked once a page, and only where there is something to compare."""
        return in_use.addresses_in_use(self.account, self.application)

    @cached_property
    def outside(self) -> list[InUse]:
        """Addresses in use that no line contains; none for an empty list, which allows every address."""
        listed = make_list(self.networks)
        return [each for each in self.in_use if not allows(listed, each.address)] if listed else []

    def drawn(self, addresses: Sequence[InUse]) -> list[UsedAddress]:
        """Return the first SHOWN of these as they are drawn; three queries."""
        shown_ones = addresses[:SHOWN]
        users = in_use.users_of(self.account, self.application, shown_ones) if shown_ones else {}
        return [UsedAddress(each, users.get(each.address, [])) for each in shown_ones]

    @property
    def holds_own(self) -> bool:
        """Whether the visitor's address is on the list."""
        return bool(self.networks) and allows(make_list(self.networks), self.own)

    @property
    def account_refuses_own(self) -> bool:
        """Whether, on an application's page, the account's list keeps credentials from working from here anyway."""
        return self.application is not None and not allows(self.account.allowlist, self.own)

    def locked_out(self, networks: Iterable[str]) -> list[InUse]:
        """Return the addresses in use that would stop working if the list were `networks`."""
        return in_use.locked_out(self.in_use, networks, self.application)

    def rows(self) -> list[Row]:
        """Return the lines as they are shown."""
        latest = _latest(self.networks, self.in_use) if self.networks else {}
        names = _names({line.created_by for line in self.stored})
        return [
            Row(
                network=shown(line.network),
                note=line.note,
                bits=host_bits(line.network),
                latest=latest.get(line.network),
                added_by=names.get(line.created_by, line.created_by),
                added_at=line.created_at,
                remove=self.url("remove", line.pk),
            )
            for line in self.stored
        ]


def _latest(networks: list[str], in_use: list[InUse]) -> dict[str, datetime]:
    """When an address of each network was last in use; looked up by prefix, not one by one."""
    sizes: dict[tuple[int, int], dict[int, str]] = {}
    for text in networks:
        network = ipaddress.ip_network(text)
        sizes.setdefault((network.version, host_bits(text)), {})[int(network.network_address)] = text
    latest: dict[str, datetime] = {}
    for used in reversed(in_use):  # so that the latest comes last, and stays
        for (version, bits), known in sizes.items():
            held = known.get(int(used.address) >> bits << bits) if version == used.address.version else None
            if held is not None:
                latest[held] = used.latest
    return latest


def _names(emails: set[str]) -> dict[str, str]:
    """Names of the people whom the lines name by email."""
    return {user.email: str(user) for user in User.objects.filter(email__in=emails)}
