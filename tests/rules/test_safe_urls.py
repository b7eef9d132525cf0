"""Addresses that we may be told to call, as written (security.md 8)."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.errors import InvalidParam
from applications.rules.safe_urls import LONGEST, Destination, Policy, check_url, is_public, parse_url

STRICT = Policy()
DEVELOPMENT = Policy(insecure=True)
NOT_PUBLIC = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.2.0/24",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]


def inside(network: IPv4Network) -> st.SearchStrategy[IPv4Address]:
    return st.integers(int(network[0]), int(network[-1])).map(IPv4Address)


not_public = st.sampled_from(NOT_PUBLIC).flatmap(inside)


def refused(url: str, policy: Policy = STRICT) -> str:
    with pytest.raises(InvalidParam) as error:
        check_url(url, policy, "smsCallback")
    assert error.value.param == "smsCallback"
    assert error.value.message.endswith(".")
    return error.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com/",
        "https://hooks.example.com/sms?key=1&more=%C3%A9",
        "https://hooks.example.com?key=1",
        "https://hooks.example.com.:443/sms",
        "https://hooks.example.com:8443/sms/@here",
        "HTTPS://HOOKS.EXAMPLE.COM/",
        "https://xn--bcher-kva.example.com/",
        "https://xn--strae-oqa.de/",
        "https://hooks.xn--p1ai/",
        "https://9.example.com/",
        "https://testing.internals.com/",
        "https://home.example.com/",
        "https://[2606:4700:4700::1:5efe:808:808]/",  # which only looks like ISATAP
        "https://8.8.8.8/sms",
        "https://[2606:4700:4700::1111]/sms",
        "https://[2002:808:808::1]/",  # 6to4 of 8.8.8.8
        "https://[64:ff9b::808:808]/",  # NAT64 of it
        "https://[::ffff:8.8.8.8]/",
    ],
)
def test_what_everyone_can_reach_passes_as_written(url: str) -> None:
    assert check_url(url, STRICT) == url


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "This is no URL"),
        ("hooks.example.com/sms", "This is no URL"),
        ("//hooks.example.com/sms", "This is no URL"),
        ("https:hooks.example.com", "This is no URL"),
        ("https:///sms", "This is no URL"),
        ("https://hooks.example.com /sms", "without spaces"),
        ("https://hooks.example.com/a b", "without spaces"),
        ("https://hooks.example.com\\@127.0.0.1/", "no user name"),
        ("https://hooks.example.com\n/", "This is no URL"),
        ("https://hooks.example.com/\x00", "This is no URL"),
        ("https://hooks.example.com%2f@127.0.0.1/", "no user name"),
        ("https://user:pass@hooks.example.com/", "no user name or password"),
        ("https://hooks.example.com:443@127.0.0.1/", "no user name"),
        ("https://hooks.example.com/#part", "before the #"),
        ("https://bücher.example/", "ASCII"),
        ("https://１２７.0.0.1/", "ASCII"),
        ("https://hooks.example.com/é", "ASCII"),
        ("http://hooks.example.com/", "starts with https://"),
        ("ftp://hooks.example.com/", "starts with https://"),
        ("file://hooks.example.com/etc", "starts with https://"),
        ("https://hooks.example.com:80/", "443, 8443"),
        ("https://hooks.example.com:22/", "443, 8443"),
        ("https://hooks.example.com:0/", "443, 8443"),
        ("https://hooks.example.com:99999/", "443, 8443"),
        ("https://hooks.example.com:0443/", "leading zeros"),
        ("https://hooks.example.com:00443/", "leading zeros"),
        ("https://hooks.example.com:08443/", "leading zeros"),
        ("https://hooks.example.com:+443/", "This is no URL"),
        ("https://hooks.example.com:443:443/", "This is no URL"),
        ("https://hooks.example.com:４４３/", "ASCII"),
        ("https://hooks.example.com\t/", "This is no URL"),
        ("https://\thooks.example.com/", "This is no URL"),
        ("https://hooks.example.com%00/", "This is no URL"),
        ("https://%6c%6f%63%61%6c%68%6f%73%74/", "This is no URL"),
        ("https://127%2e0%2e0%2e1/", "This is no URL"),
        ("https://127。0。0。1/", "ASCII"),
        ("https:\\\\hooks.example.com\\", "This is no URL"),
        ("https://hooks.example.com\\.internal/", "This is no URL"),
        ("https://@hooks.example.com/", "no user name"),
        ("https://hooks.example.com../", "no name of the internet"),
        ("https://hooks.example.c/", "no name of the internet"),
        ("https://hooks.example.1a/", "no name of the internet"),
        ("https://xn--.com/", "no name of the internet"),
        ("https://xn--localhost-.com/", "no name of the internet"),
        ("https://hooks.example.com:/", "This is no URL"),
        ("https://-hooks.example.com/", "no name of the internet"),
        ("https://hooks..example.com/", "no name of the internet"),
        ("https://" + "a" * 64 + ".example/", "no name of the internet"),
        ("https://localhost/", "inside a network"),
        ("https://LOCALHOST./", "inside a network"),
        ("https://db/", "inside a network"),
        ("https://api.internal/", "inside a network"),
        ("https://printer.local/", "inside a network"),
        ("https://hooks.example.com/" + "a" * LONGEST, "500 characters"),
    ],
)
def test_anything_else_is_told_what_is_allowed(url: str, words: str) -> None:
    assert words in refused(url)


INSIDE = [
    *("localhost", "local", "internal", "home.arpa", "localdomain", "lan", "intranet", "corp", "private"),
    *("svc", "cluster.local", "svc.cluster.local", "consul", "service.consul", "home", "test", "onion"),
    *("arpa", "1.0.0.127.in-addr.arpa", "example", "invalid", "alt", "mail", "docker"),
]


@pytest.mark.parametrize("name", INSIDE)
def test_a_name_that_only_a_network_of_its_own_answers_for(name: str) -> None:
    for host in (name, f"db.{name}", f"db.{name}.", f"DB.{name.upper()}", f"db.{name}:8443"):
        assert "inside a network" in refused(f"https://{host}/")


def test_an_encoded_label_stands_for_nothing_that_is_written_without_encoding() -> None:
    for text in ("ｌｏｃａｌｈｏｓｔ", "local\u00adhost", "ⓛocal", "LOCALÉ"):
        label = "xn--" + text.encode("punycode").decode()
        assert "no name of the internet" in refused(f"https://{label}.example.com/")
        assert "no name of the internet" in refused(f"https://db.{label}/")


@pytest.mark.parametrize("label", ["xn--", "xn--99999999999", "xn--a", "xn--localhost-", "xn--\u00e9"])
def test_an_encoded_label_that_nothing_can_be_read_from_is_refused(label: str) -> None:
    assert refused(f"https://{label}.example.com/")
    assert refused(f"https://db.{label}/")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",  # 127.0.0.1 in decimal
        "0x7f000001",  # in hex
        "0x7f.1",
        "127.1",
        "017700000001",  # in octal
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.2",
        "0x",
        "1.2.3.256",
        "hooks.example.0x7f",
        "[::1",
        "[1.2.3.4]]",
        "[fe80::1%eth0]",
        "[v1.x]",
        "[:::]",
    ],
)
def test_an_address_in_other_clothes_is_refused(host: str) -> None:
    refused(f"https://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        "::",
        "::1",
        "::8.8.8.8",  # ::/96, which nobody routes
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",  # NAT64 of 10.0.0.1
        "64:ff9b:1::808:808",  # a network's own NAT64
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:c0a8:101::",  # of 192.168.1.1
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "::ffff:0:8.8.8.8",  # RFC 2765, which nobody routes
        "::ffff:192.88.99.1",
        "64:ff9b::c058:6301",  # NAT64 of 192.88.99.1
        "64:ff9b:1:ffff::1",
        "2002:c058:6301::",  # 6to4 of it
        "2606:4700:4700::200:5efe:10.0.0.1",  # ISATAP of 10.0.0.1
        "2606:4700:4700:0:0:5efe:10.0.0.1",
        "2606:4700:4700:0:0:5efe:8.8.8.8",
        "2606:4700:4700:0:300:5efe:127.0.0.1",
        "fe80::5efe:8.8.8.8",
        "100::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_ipv6_address_that_leads_inside_is_refused(address: str) -> None:
    assert not is_public(IPv6Address(address))
    assert "not public" in refused(f"https://[{address}]/")


@given(not_public)
def test_no_disguise_makes_an_inner_address_public(address: IPv4Address) -> None:
    number = int(address)
    disguises = [
        IPv6Address(number),
        IPv6Address((0xFFFF << 32) + number),
        IPv6Address((0x64FF9B << 96) + number),
        IPv6Address((0x2002 << 112) + (number << 80) + 1),
        IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF)),
    ]
    assert not is_public(address)
    assert not any(is_public(disguise) for disguise in disguises)
    for written in (str(address), str(number), hex(number), oct(number).replace("0o", "0")):
        refused(f"https://{written}/")


@given(st.ip_addresses(v=6))
def test_only_global_unicast_is_public(address: IPv6Address) -> None:
    if is_public(address):
        translated = address in IPv6Network("64:ff9b::/96") or address.ipv4_mapped is not None
        assert translated or address in IPv6Network("2000::/3")


@given(st.text(max_size=60))
def test_whatever_is_written_is_an_answer_and_not_a_fault(text: str) -> None:
    for policy in (STRICT, DEVELOPMENT):
        for url in (text, f"https://{text}", f"https://hooks.example.com{text}"):
            with suppress(InvalidParam):
                assert check_url(url, policy) == url


def test_other_ports_where_the_operator_says_so() -> None:
    assert check_url("https://hooks.example.com:9443/", Policy(ports=frozenset({9443})))
    assert "9443" in refused("https://hooks.example.com:8443/", Policy(ports=frozenset({9443})))


def test_development_takes_what_runs_here_and_still_no_nonsense() -> None:
    for url in ("http://127.0.0.1:9000/hook", "http://localhost:9000", "https://[::1]:9000/", "http://db/"):
        assert check_url(url, DEVELOPMENT) == url
    for url in ("ftp://127.0.0.1/", "http://0x7f.1/", "http://user@localhost/", "http://localhost:0/"):
        refused(url, DEVELOPMENT)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://Hooks.Example.com", (True, "hooks.example.com", 443, "hooks.example.com", "/")),
        (
            "https://hooks.example.com.:443/a?b=%20",
            (True, "hooks.example.com", 443, "hooks.example.com", "/a?b=%20"),
        ),
        (
            "https://hooks.example.com:8443?b",
            (True, "hooks.example.com", 8443, "hooks.example.com:8443", "/?b"),
        ),
        (
            "https://[2606:4700:4700::1111]/",
            (True, "2606:4700:4700::1111", 443, "[2606:4700:4700::1111]", "/"),
        ),
        ("HTTP://127.0.0.1:9000/@x", (False, "127.0.0.1", 9000, "127.0.0.1:9000", "/@x")),
        ("http://[::1]:80/", (False, "::1", 80, "[::1]", "/")),
    ],
)
def test_the_parts_that_are_called(url: str, parts: tuple[bool, str, int, str, str]) -> None:
    assert parse_url(url, DEVELOPMENT) == Destination(*parts)


def test_parts_are_given_of_no_url_that_may_not_be_called() -> None:
    with pytest.raises(InvalidParam, match="starts with https"):
        parse_url("http://hooks.example.com/", STRICT)
