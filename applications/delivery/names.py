"""From the name of a host to the addresses that a connection may be made to."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from django.conf import settings
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver, Nameserver
from dns.rdatatype import AAAA, A, RdataType
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from applications.delivery.deadlines import Deadline
from applications.rules.safe_urls import Policy

type Address = IPv4Address | IPv6Address

LONGEST_QUESTION: Final = 4.0  # seconds for each of the two questions, of the 10 that all has
DNS_PORT: Final = 53
_NAMESERVER: Final = re.compile(
    r"(?:\[([0-9a-f:]+)\]|([0-9.]+|[0-9a-f]*(?::[0-9a-f]*){2,}))(?::([0-9]{1,5}))?", re.I
)
LOCALHOST: Final = ("127.0.0.1", "::1")  # a name that no name server is asked about (RFC 6761 section 6.3)


class NotFound(Exception):
    """The name has no address, or no name server told one in time."""


class Refused(Exception):
    """One of the addresses may not be connected to."""


def allowed_addresses(host: str, policy: Policy, deadline: Deadline) -> list[Address]:
    """Return all addresses of a name, or the address that `host` is, IPv4 first; resolved this once.

    Raises Refused if any of them may not be connected to: a name with a public and a private address is an attempt
    to get inside. Raises NotFound, or TimeoutError.
    """
    addresses = _addresses(host, deadline)
    if not all(policy.allows(address) for address in addresses):
        raise Refused(host)
    return addresses


def _addresses(host: str, deadline: Deadline) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    if host == "localhost" or host.endswith(".localhost"):
        return [ip_address(text) for text in LOCALHOST]
    return _resolved(host, deadline)


def _resolved(host: str, deadline: Deadline) -> list[Address]:
    """Ask for both kinds of addresses; one kind is enough where the other is not told."""
    found: list[Address] = []
    failure: DNSException | None = None
    for kind in (A, AAAA):
        try:
            found += _asked(host, kind, deadline)
        except NXDOMAIN as error:
            raise NotFound(host) from error
        except DNSException as error:
            failure = error
    if not found:
        raise NotFound(host) from failure
    return found


def _asked(host: str, kind: RdataType, deadline: Deadline) -> list[Address]:
    lifetime = min(LONGEST_QUESTION, deadline.remaining())
    try:
        answer = _resolver().resolve(f"{host}.", kind, lifetime=lifetime, search=False)
    except NoAnswer:
        return []
    return [ip_address(record.to_text()) for record in answer]


def _resolver() -> Resolver:
    """The name servers of the setting, else those of the machine, read anew each time since they change."""
    named = settings.CALLBACK_NAMESERVERS
    resolver = Resolver(configure=not named)
    if named:
        resolver.nameservers = [nameserver(text) for text in named]
    return resolver


def nameserver(text: str) -> Nameserver:
    """A name server written "192.0.2.53", "192.0.2.53:5353" or "[2001:db8::53]:5353"; ValueError for anything else."""
    match = _NAMESERVER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"no address of a name server: {text!r}")
    return Do53Nameserver(str(ip_address(match[1] or match[2])), int(match[3] or DNS_PORT))
