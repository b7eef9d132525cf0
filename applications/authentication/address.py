"""Where a request comes from, behind trusted proxies or not (security.md 7)."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest

from applications.rules.networks import Address, Network, parse_address


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(proxy) for proxy in proxies)


def client_address(request: HttpRequest) -> Address:
    """Return the peer's address or, where the peer is a trusted proxy, the right-most hop that is not.

    Only X-Forwarded-For is read, from its right end, because everything left of the last trusted proxy's
    entry was written by whoever called it. Raises BadRequest when a trusted proxy passes on what
    is not an address: better no answer than one for the wrong place.
    """
    peer = parse_address(request.META["REMOTE_ADDR"])
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    if not trusted or not _inside(peer, trusted):
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    address = peer
    for hop in reversed(hops):
        try:
            address = parse_address(hop)
        except ValueError:
            raise BadRequest("X-Forwarded-For holds something that is not an address.") from None
        if not _inside(address, trusted):
            break
    return address


def _inside(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
