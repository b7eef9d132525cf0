"""Addresses and networks of the allowed-IP lists, parsed strictly (security.md 7)."""

import ipaddress
import re
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from applications.errors import InvalidParam

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

OPEN_FENCE = "|"  # no network of the account, none of the application: every address is allowed
PLAIN = re.compile(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?")  # no zone ids, no netmasks, no white space


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
        raise InvalidParam("network", _not_a_network(text))
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise InvalidParam("network", _why(text)) from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        raise InvalidParam("network", str(_("Write a mapped IPv4 address as IPv4, such as 192.0.2.1.")))
    return network


def _why(text: str) -> str:
    try:
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return _not_a_network(text)
    return str(_("{text} has bits behind its prefix. The network is {network}.")).format(
        text=text, network=loose
    )


def _not_a_network(text: str) -> str:
    return str(
        _("“{text}” is not an address or network. Examples: 192.0.2.10, 192.0.2.0/24, 2001:db8::/32.")
    ).format(text=text)


def make_fence(account: list[str], application: list[str]) -> str:
    """Return the canonical text of both lists, which `allows` reads; see Application.fence."""
    return "|".join(" ".join(sorted(set(networks))) for networks in (account, application))


@lru_cache(maxsize=4096)
def _lists(fence: str) -> tuple[tuple[Network, ...], ...]:
    # Keyed by the text itself, so a changed list is another key: this cache can never be stale.
    return tuple(tuple(ipaddress.ip_network(word) for word in part.split()) for part in fence.split("|"))


def allows(fence: str, address: Address) -> bool:
    """Whether credentials may be used from `address`: it is in each list that is not empty."""
    if fence == OPEN_FENCE:
        return True
    return all(not networks or _inside(address, networks) for networks in _lists(fence))


def _inside(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
