"""Addresses that we may be told to call: checked as written, before a name is resolved (security.md 8).

They are taken apart by one strict pattern and not by a lenient parser, so that no two programs can read
one of them differently. What a name resolves to is judged by `is_public` each time it is called.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST: Final = 500  # characters, as the columns have

_URL: Final = re.compile(
    r"(?P<scheme>[a-z]+)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?][\w!$%&'()*+,\-./:;=?@~\[\]]*)?",
    re.IGNORECASE | re.ASCII,
)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
# What browsers and C libraries take for a number when a host ends in it: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE | re.ASCII)
_INSIDE: Final = ("localhost", "local", "internal", "home.arpa", "localdomain", "lan", "intranet", "corp")

_UNICAST: Final = IPv6Network("2000::/3")  # all that IANA has given out; fec0::/10 and ::/96 are not in it
# Protocols' own, Teredo among them, and the newer range for documents: not every Python knows them all.
_RESERVED: Final = (IPv6Network("2001::/23"), IPv6Network("3fff::/20"))
_NAT64: Final = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Policy:
    """`insecure`, for development: http, private addresses and any port pass too."""

    ports: frozenset[int] = frozenset({443, 8443})
    insecure: bool = False


def check_url(url: str, policy: Policy, param: str = "url") -> str:
    """Return `url` when it may be called. Raises InvalidParam with a sentence that says what is allowed."""
    match = _URL.fullmatch(url)
    if match is None or len(url) > LONGEST:
        raise InvalidParam(param, _malformed(url))
    host = match["host"].lower().removesuffix(".")
    found = (
        _problem_of_scheme(match["scheme"].lower(), policy)
        or _problem_of_port(match["port"], policy)
        or _problem_of_host(host, policy)
    )
    if found:
        raise InvalidParam(param, found)
    return url


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everyone can reach this address: not ours, not a network's own, nor one of these in disguise."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if inner := _inside(address):
        return is_public(inner)
    reserved = any(address in network for network in _RESERVED)
    return address in _UNICAST and address.is_global and not reserved


def _inside(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to a mapped, 6to4 or NAT64 address end up at."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _malformed(url: str) -> str:
    if len(url) > LONGEST:
        return _("A URL has at most {number} characters.").format(number=LONGEST)
    if not url.isascii():
        return _("A URL has only ASCII characters: write a host as xn--…, and é in a path as %C3%A9.")
    if "@" in url.partition("://")[2].partition("/")[0]:
        return _("A URL carries no user name or password. Check the signature of what we send instead.")
    if "#" in url:
        return _("A URL ends before the #: what follows it is never sent.")
    return _("This is no URL. Write it whole, such as https://hooks.example.com/sms, without spaces.")


def _problem_of_scheme(scheme: str, policy: Policy) -> str | None:
    if scheme == "https" or (scheme == "http" and policy.insecure):
        return None
    return _("A URL starts with https://, so that nobody on the way reads or changes what we send.")


def _problem_of_port(port: str | None, policy: Policy) -> str | None:
    if port is None or (policy.insecure and 0 < int(port) < 65536) or int(port) in policy.ports:
        return None
    known = ", ".join(str(number) for number in sorted(policy.ports))
    return _("A URL uses one of the ports {ports}; without one it is 443.").format(ports=known)


def _problem_of_host(host: str, policy: Policy) -> str | None:
    if host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _problem_of_address(host.strip("[]"), policy)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _("This host is no name of the internet. Write one such as hooks.example.com.")
    inside = len(labels) == 1 or any(f".{host}".endswith(f".{name}") for name in _INSIDE)
    if inside and not policy.insecure:
        return _("This host is known only inside a network. Use one that can be reached from the internet.")
    return None


def _problem_of_address(text: str, policy: Policy) -> str | None:
    try:
        address = ip_address(text)  # strict: four decimal numbers without leading zeros, or IPv6
    except ValueError:
        return _("Write an address as 192.0.2.1 or [2001:db8::1], or use a name such as hooks.example.com.")
    if policy.insecure or is_public(address):
        return None
    return _("This address is not public. Use one that can be reached from the internet.")
