"""Where a request comes from, behind trusted proxies or not (security.md 7)."""

import re
from contextlib import suppress
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured
from django.http import HttpRequest

from applications.errors import InvalidParam
from applications.rules.networks import Address, Networks, parse_address, parse_network

# What Azure Application Gateway and others write: 203.0.113.9:51234, [2001:db8::1]:443, [2001:db8::1].
WITH_PORT = re.compile(r"\[([^\]]*:[^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}", re.ASCII)


def client_address(request: HttpRequest) -> Address:
    """Return the peer's address or, where the peer is a trusted proxy, the right-most hop that is not.

    Only X-Forwarded-For is read, from its right end, because everything left of the last trusted proxy's
    entry was written by whoever called it. Raises BadRequest when a trusted proxy passes on what
    is not an address: better no answer than one for the wrong place.
    """
    return address_of(request.META["REMOTE_ADDR"], request.META.get("HTTP_X_FORWARDED_FOR"))


def address_of(peer: str, hops: str | None) -> Address:
    """Return what `client_address` does, of the peer's address and X-Forwarded-For, if it was sent."""
    address = _address(peer)
    trusted = _trusted(tuple(settings.TRUSTED_PROXIES))
    # The server joins several headers of this name in their order, as RFC 9110 section 5.3 has it.
    if hops is None or address not in trusted:
        return address
    for hop in reversed(hops.split(",")):
        # An empty hop is an error and not skipped: the hops to its left could have been written by the client.
        address = _address(_without_port(hop.strip(" \t")))
        if address not in trusted:
            break
    return address


def is_trusted_proxy(peer: str) -> bool:
    """Whether the operator has named this address, as the server gives it, among the proxies in front."""
    with suppress(BadRequest):  # a peer without an address, on a socket of the file system
        return _address(peer) in _trusted(tuple(settings.TRUSTED_PROXIES))
    return False


def _without_port(hop: str) -> str:
    match = WITH_PORT.fullmatch(hop)
    return (match[1] or match[2]) if match else hop


@lru_cache(maxsize=4096)  # the same clients come again, and the same proxies always
def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError:
        raise BadRequest("The request came by something that is not an address.") from None


@lru_cache(maxsize=8)
def _trusted(proxies: tuple[str, ...]) -> Networks:
    try:
        return Networks(parse_network(proxy.strip()) for proxy in proxies)
    except InvalidParam as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error.message}") from None
