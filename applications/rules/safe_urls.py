"""Callback URLs: whether one may be called, judged by its text before its name is resolved (security.md 8).

They are taken apart by one strict pattern and not by a lenient parser, so that no two programs can read
one of them differently. What a name resolves to is judged by `is_public` each time it is called.
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Self

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST: Final = 500  # characters, as the columns have

_URL: Final = re.compile(
    r"(?P<scheme>[a-z]+)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][\w!$%&'()*+,\-./:;=?@~\[\]]*)?",
    re.IGNORECASE | re.ASCII,
)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
# What browsers and C libraries take for a number when a host ends in it: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE | re.ASCII)
# A name of the internet ends in letters, or in an encoded label (RFC 3696 section 2).
_TOP_LEVEL: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}", re.ASCII)
# Top-level names that no public server answers for, but that a network or a machine may answer for itself.
_INSIDE: Final = frozenset(
    {
        # Reserved: RFC 2606, 6761, 6762, 7686, 9476, what ICANN set aside, and infrastructure (RFC 3172).
        *("localhost", "local", "internal", "test", "example", "invalid", "onion", "alt", "arpa"),
        *("home", "corp", "mail"),
        # What routers, companies, container platforms and service registries use.
        *("localdomain", "lan", "intranet", "intra", "private", "priv", "domain", "workgroup"),
        *("svc", "cluster", "consul", "nomad", "docker", "kube"),
    }
)

_UNICAST: Final = IPv6Network("2000::/3")  # all that IANA has given out; fec0::/10 and ::/96 are not in it
# Protocols' own, Teredo among them, and the newer range for documents: not every Python knows them all.
_RESERVED: Final = (IPv6Network("2001::/23"), IPv6Network("3fff::/20"))
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Protocols' own, and the former relays of 6to4 (RFC 7526), which some networks still route to a machine of theirs.
_RESERVED_IPV4: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Policy:
    """`insecure`, for development: http, this machine, private addresses and any port pass too."""

    ports: frozenset[int] = frozenset({443, 8443})
    insecure: bool = False

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether a connection may be made to the address.

        In development too never to a link-local one: there clouds hand out the credentials of a machine.
        """
        if not self.insecure:
            return is_public(address)
        inner = (_inside(address) if isinstance(address, IPv6Address) else None) or address
        barred = inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved
        return inner.is_loopback or not barred


@dataclass(frozen=True, slots=True)
class Destination:
    """The parts of a URL that may be called.

    host       name in lower case without a dot at the end, or an address without brackets
    authority  what the Host header says: the host, and the port where it is not that of the scheme
    target     path and query, as they are sent
    """

    is_https: bool
    host: str
    port: int
    authority: str
    target: str


def parse_url(url: str, policy: Policy, param: str = "url") -> Destination:
    """Return the parts of `url` when it may be called. Raises InvalidParam as `check_url` does."""
    match = _check(url, policy, param)
    scheme, host = match["scheme"].lower(), match["host"].lower().removesuffix(".")
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    target = match["target"] or "/"
    return Destination(
        is_https=scheme == "https",
        host=host.strip("[]"),
        port=port,
        authority=host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}",
        target=target if target.startswith("/") else f"/{target}",
    )


def check_url(url: str, policy: Policy, param: str = "url") -> str:
    """Return `url` when it may be called. Raises InvalidParam with a sentence that says what is allowed."""
    _check(url, policy, param)
    return url


def _check(url: str, policy: Policy, param: str) -> re.Match[str]:
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
    return match


class CallbackUrl(str):
    """A URL that may be called; made of any text that `check_url` accepts, or InvalidParam is raised."""

    __slots__ = ()

    def __new__(cls, url: str, policy: Policy, param: str = "url") -> Self:
        return super().__new__(cls, check_url(url, policy, param))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is public: not loopback, not private, and not an IPv6 form of such an address."""
    if isinstance(address, IPv4Address):
        reserved = any(address in network for network in _RESERVED_IPV4)
        return address.is_global and not address.is_multicast and not reserved
    if inner := _inside(address):
        return is_public(inner)
    reserved = any(address in network for network in _RESERVED) or _is_isatap(address)
    return address in _UNICAST and address.is_global and not reserved


def _is_isatap(address: IPv6Address) -> bool:
    """Whether packets may end up at the IPv4 address in the last 32 bits, inside a site (RFC 5214 section 6.1)."""
    return (int(address) >> 32) & 0xFCFFFFFF == 0x00005EFE  # whatever the bits "universal" and "group" are


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
    if port is None:
        return None
    if port.startswith("0") and port != "0":  # some programs read it as octal
        return _("Write the port without leading zeros, such as :443.")
    if (policy.insecure and 0 < int(port) < 65536) or int(port) in policy.ports:
        return None
    known = ", ".join(str(number) for number in sorted(policy.ports))
    return _("A URL uses one of the ports {ports}; without one it is 443.").format(ports=known)


def _problem_of_host(host: str, policy: Policy) -> str | None:
    if host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _problem_of_address(host.strip("[]"), policy)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) and _is_canonical(label) for label in labels):
        return _("This host is no name of the internet. Write one such as hooks.example.com.")
    if policy.insecure:
        return None
    if len(labels) == 1 or labels[-1] in _INSIDE:
        return _("This host is known only inside a network. Use one that can be reached from the internet.")
    return (
        None
        if _TOP_LEVEL.fullmatch(labels[-1])
        else _("This host is no name of the internet. Write one such as hooks.example.com.")
    )


def _is_canonical(label: str) -> bool:
    """Whether an encoded label (xn--…) stands for letters that only encoding can write (RFC 5891 section 4.2).

    One that stands for "localhost" in wide letters would be another host to a program that decodes it.
    """
    if not label.startswith("xn--"):
        return True
    try:
        text = label.removeprefix("xn--").encode().decode("punycode")
    except UnicodeError:
        return False
    return not text.isascii() and text.isprintable() and unicodedata.normalize("NFKC", text).lower() == text


def _problem_of_address(text: str, policy: Policy) -> str | None:
    try:
        address = ip_address(text)  # strict: four decimal numbers without leading zeros, or IPv6
    except ValueError:
        return _("Write an address as 192.0.2.1 or [2001:db8::1], or use a name such as hooks.example.com.")
    if policy.allows(address):
        return None
    return _("This address is not public. Use one that can be reached from the internet.")
