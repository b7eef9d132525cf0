"""Addresses and networks of the allowed-IP lists, parsed strictly (security.md 7)."""

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applications.errors import InvalidParam

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

OPEN_ALLOWLIST = "|"  # no network of the account, none of the application: every address is allowed
MAX_ECHOED = 60  # characters of what was typed that an error repeats

# --- Reading -------------------------------------------------------------------------------------

PLAIN = re.compile(r"[0-9A-Fa-f:.]+(/(0|[1-9][0-9]{0,2}))?")  # no zone ids, no netmasks, no white space
# Common mistakes, and what the error says about each. The first pattern that matches is used.
SLIPS: tuple[tuple[str, Promise], ...] = (
    (r"%", _("“{text}” has a zone id, which means something only on the machine it was read from.")),
    (r"[*]|\w\s*-", _("Write a range as a network, such as 192.0.2.0/24.")),
    (r"[\s,;]", _("Write one address or network at a time.")),
    (r"/\d+\.", _("Write the length of the prefix instead of a netmask, such as 192.0.2.0/24.")),
    (r"(^|\.)0\d|/0\d", _("“{text}” has a leading zero. Some programs read that as octal, so leave it out.")),
    (r"\.\d+:\d+$|^\[", _("Write the address without a port or brackets.")),
)
NEITHER = _("“{text}” is not an address or network. Examples: 192.0.2.10, 192.0.2.0/24, 2001:db8::/32.")
MAPPED = _("Write a mapped IPv4 address as IPv4, such as 192.0.2.1.")
HOST_BITS = _("{text} has bits behind its prefix. The network is {network}.")


def parse_address(text: str) -> Address:
    """Return the address of `text`; an IPv4 address mapped into IPv6 is unmapped.

    Raises ValueError for anything else, zone ids included.
    """
    if "%" in text:
        raise ValueError("an address with a zone id")
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def parse_network(text: str) -> Network:
    """Return the network of `text`, an address or CIDR notation, without host bits or leading zeros.

    Raises InvalidParam with a sentence that says what is wrong.
    """
    if not PLAIN.fullmatch(text):
        raise _refusal(_slip(text), text)
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise _why(text) from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None:
        raise _refusal(MAPPED, text)
    return network


class NetworkText(str):
    """A network in canonical text, "192.0.2.1/32"; made of any text that `parse_network` reads, or InvalidParam."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, str(parse_network(text)))


def _why(text: str) -> InvalidParam:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return _refusal(_slip(text), text)
    return _refusal(HOST_BITS, text, network=str(network))


def _slip(text: str) -> Promise:
    return next((words for mark, words in SLIPS if re.search(mark, text)), NEITHER)


def _refusal(words: Promise, text: str, **facts: str) -> InvalidParam:
    echoed = text if len(text) <= MAX_ECHOED else f"{text[:MAX_ECHOED]}…"
    return InvalidParam("network", str(words).format(text=echoed, **facts))


# --- Writing -------------------------------------------------------------------------------------


def shown(network: str) -> str:
    """Return a stored network as people write it: a single address without its prefix."""
    return network if host_bits(network) else network.partition("/")[0]


def host_bits(network: str) -> int:
    """Return how many bits a stored network leaves open: it holds 2 to the power of that many addresses."""
    stored = ipaddress.ip_network(network)
    return stored.max_prefixlen - stored.prefixlen


def make_list(networks: Iterable[str]) -> str:
    """Return the canonical text of one list, which `allows` reads: an empty one allows every address."""
    return " ".join(sorted(set(networks)))


def make_allowlist(account: Iterable[str], application: Iterable[str]) -> str:
    """Return the canonical text of both lists, which `allows` reads; see Application.allowlist."""
    return f"{make_list(account)}|{make_list(application)}"


def with_account_list(allowlist: str, listed: str) -> str:
    """Return `allowlist`, of an application or of the account itself, with another list of the account in it."""
    _account, bar, application = allowlist.partition("|")
    return f"{listed}{bar}{application}"


def with_application_list(allowlist: str, listed: str) -> str:
    """Return an application's `allowlist` with another list of the application in it."""
    return f"{allowlist.partition('|')[0]}|{listed}"


# --- Judging -------------------------------------------------------------------------------------


class Networks:
    """A list of networks that is asked often: `address in networks` takes the logarithm of its length."""

    def __init__(self, networks: Iterable[Network]) -> None:
        collected = list(networks)
        four = [network for network in collected if isinstance(network, ipaddress.IPv4Network)]
        six = [network for network in collected if isinstance(network, ipaddress.IPv6Network)]
        self._spans = {
            4: _spans(list(ipaddress.collapse_addresses(four))),
            6: _spans(list(ipaddress.collapse_addresses(six))),
        }

    def __contains__(self, address: Address) -> bool:
        starts, ends = self._spans[address.version]
        number = int(address)
        place = bisect_right(starts, number) - 1
        return place >= 0 and number <= ends[place]


def _spans(apart: Sequence[Network]) -> tuple[list[int], list[int]]:
    """First and last addresses, as numbers, of networks that are ascending and do not overlap."""
    starts = [int(network.network_address) for network in apart]
    return starts, [int(network.broadcast_address) for network in apart]


@lru_cache(maxsize=2048)
def _networks(listed: str) -> Networks:
    # Keyed by the text itself, so a changed list is another key: this cache can never be stale.
    return Networks(ipaddress.ip_network(word) for word in listed.split())


def allows(allowlist: str, address: Address) -> bool:
    """Whether credentials may be used from `address`: it is in each list of `allowlist` that is not empty.

    An allowlist is one list (Account.allowlist) or two with a bar between them (Application.allowlist).
    """
    if allowlist == OPEN_ALLOWLIST:
        return True
    return all(not listed or address in _networks(listed) for listed in allowlist.split("|"))


def is_within(networks: Iterable[str], listed: Iterable[str]) -> bool:
    """Whether the list `networks` allows no address that the list `listed` refuses; an empty list allows all."""
    inner, outer = [ipaddress.ip_network(text) for text in networks], _collapsed(listed)
    if not outer:
        return True
    return bool(inner) and all(any(_holds(whole, part) for whole in outer) for part in inner)


def _collapsed(listed: Iterable[str]) -> list[Network]:
    # Adjacent networks are joined, so that a network whose two halves are listed counts as listed.
    networks = [ipaddress.ip_network(text) for text in listed]
    four = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    six = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    return [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]


def _holds(whole: Network, part: Network) -> bool:
    if isinstance(whole, ipaddress.IPv4Network):
        return isinstance(part, ipaddress.IPv4Network) and part.subnet_of(whole)
    return isinstance(part, ipaddress.IPv6Network) and part.subnet_of(whole)
