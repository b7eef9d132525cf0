"""Addresses and networks: read strictly, written canonically, judged exactly (security.md 7)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.errors import InvalidParam
from applications.rules.networks import (
    OPEN_ALLOWLIST,
    Address,
    Network,
    Networks,
    allows,
    host_bits,
    is_within,
    make_allowlist,
    make_list,
    parse_address,
    parse_network,
    shown,
)


def network_of(address: Address, prefix: int) -> Network:
    """The network around `address` whose prefix has at most `prefix` bits."""
    return ipaddress.ip_network((address, min(prefix, address.max_prefixlen)), strict=False)


# Few leading bits, so that addresses and networks meet often.
near = st.one_of(
    st.integers(0, 2**12).map(lambda number: ipaddress.IPv4Address(0x0A000000 + number)),
    st.integers(0, 2**12).map(lambda number: ipaddress.IPv6Address((0x20010DB8 << 96) + number)),
)
near_networks = st.builds(network_of, near, st.integers(20, 128))
anywhere = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
networks = st.builds(network_of, anywhere, st.integers(0, 128))


def refused(text: str) -> str:
    with pytest.raises(InvalidParam) as refusal:
        parse_network(text)
    assert refusal.value.param == "network"
    return refusal.value.message


# --- Reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("192.0.2.10", "192.0.2.10/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
        ("2001:0db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::1", "::1/128"),
    ],
)
def test_a_network_has_one_way_to_be_written(text: str, stored: str) -> None:
    assert str(parse_network(text)) == stored


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.0.2.1/24", "192.0.2.1/24 has bits behind its prefix. The network is 192.0.2.0/24."),
        ("2001:db8::1/32", "The network is 2001:db8::/32."),
        ("010.0.0.1", "leading zero"),
        ("192.0.2.0/024", "leading zero"),
        ("fe80::1%eth0", "zone id"),
        ("fe80::%1/64", "zone id"),
        ("192.0.2.0/255.255.255.0", "instead of a netmask"),
        ("192.0.2.0/0.0.0.255", "instead of a netmask"),
        ("192.0.2.*", "Write a range as a network"),
        ("192.0.2.1-192.0.2.9", "Write a range as a network"),
        ("192.0.2.1 - 192.0.2.9", "Write a range as a network"),
        ("192.0.2.1, 192.0.2.2", "one address or network at a time"),
        ("192.0.2.1 192.0.2.2", "one address or network at a time"),
        ("192.0.2.1:443", "without a port"),
        ("[2001:db8::1]:443", "without a port"),
        ("::ffff:192.0.2.1", "as IPv4"),
        ("::ffff:0:0/96", "as IPv4"),
        ("::ffff:c000:0201/128", "as IPv4"),
        ("localhost", "“localhost” is not an address or network"),
        ("3232235777", "is not an address or network"),
        ("0xc0.0.2.1", "is not an address or network"),
        ("192.0.2", "is not an address or network"),
        ("192.0.2.0/33", "is not an address or network"),
        ("2001:db8::/129", "is not an address or network"),
        ("192.0.2.0/", "is not an address or network"),
        ("192.0.2.0/-1", "is not an address or network"),
        ("192.0.2.0/٢٤", "is not an address or network"),
        ("１９２.0.2.1", "is not an address or network"),
        ("", "is not an address or network"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    assert words in refused(text)


def test_a_long_text_is_not_repeated_whole() -> None:
    assert refused("a" * 61).startswith(f"“{'a' * 60}…” is not")


@given(st.text())
def test_any_text_is_a_network_or_refused_in_words(text: str) -> None:
    try:
        network = parse_network(text)
    except InvalidParam:
        assert refused(text).endswith(".")
    else:
        assert parse_network(str(network)) == network


@given(networks)
def test_what_is_written_is_read_again(network: Network) -> None:
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        assert "as IPv4" in refused(str(network))
    else:
        assert parse_network(str(network)) == network
        assert str(parse_network(shown(str(network)))) == str(network)


@given(networks, st.integers(1, 2**128))
def test_bits_behind_the_prefix_are_refused_with_the_network_that_was_meant(
    network: Network, offset: int
) -> None:
    bits = host_bits(str(network))
    behind = offset % 2**bits
    written = ipaddress.ip_address(network.network_address.packed)
    if behind and not str(written).startswith("::ffff:"):
        text = f"{written + behind}/{network.prefixlen}"
        assert refused(text).endswith(f"The network is {network}.")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("::192.0.2.1", "::c000:201"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_a_mapped_address_is_unmapped_and_no_other(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "fe80::1%eth0", "::ffff:192.0.2.1%1", "192.0.2.01", "192.0.2.1:80", " 192.0.2.1", "1"],
)
def test_what_is_not_an_address_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone id|does not appear"):
        parse_address(text)


# --- Writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "written", "bits"),
    [
        ("192.0.2.1/32", "192.0.2.1", 0),
        ("192.0.2.0/24", "192.0.2.0/24", 8),
        ("2001:db8::1/128", "2001:db8::1", 0),
        ("2001:db8::/32", "2001:db8::/32", 96),
        ("0.0.0.0/0", "0.0.0.0/0", 32),
    ],
)
def test_a_single_address_is_shown_without_its_prefix(stored: str, written: str, bits: int) -> None:
    assert (shown(stored), host_bits(stored)) == (written, bits)


def test_lists_are_written_canonically() -> None:
    assert make_list(["192.0.2.1/32", "10.0.0.0/8", "192.0.2.1/32"]) == "10.0.0.0/8 192.0.2.1/32"
    assert make_allowlist(["10.0.0.0/8"], ["192.0.2.1/32"]) == "10.0.0.0/8|192.0.2.1/32"
    assert make_list([]) == ""
    assert make_allowlist([], []) == OPEN_ALLOWLIST


# --- Judging -------------------------------------------------------------------------------------


@given(st.lists(near_networks, max_size=12), near)
def test_a_list_holds_what_one_of_its_networks_holds(listed: list[Network], address: Address) -> None:
    one_by_one = any(address.version == network.version and address in network for network in listed)
    assert (address in Networks(listed)) == one_by_one


@given(st.lists(near_networks, max_size=4), st.lists(near_networks, max_size=4), near)
def test_an_address_must_be_in_each_list_that_is_not_empty(
    account: list[Network], application: list[Network], address: Address
) -> None:
    allowlist = make_allowlist(
        [str(network) for network in account], [str(network) for network in application]
    )
    inside = [not listed or address in Networks(listed) for listed in (account, application)]
    assert allows(allowlist, address) == all(inside)
    assert allows(make_list([str(network) for network in account]), address) == inside[0]


@given(near)
def test_empty_lists_allow_every_address(address: Address) -> None:
    assert allows(OPEN_ALLOWLIST, address)
    assert allows("", address)


def test_the_ends_of_a_network_belong_to_it_and_their_neighbours_do_not() -> None:
    allowlist = make_allowlist(["192.0.2.64/26"], [])
    judged = {
        text: allows(allowlist, parse_address(text))
        for text in (
            "192.0.2.63",
            "192.0.2.64",
            "192.0.2.127",
            "192.0.2.128",
            "::ffff:192.0.2.64",
            "::c000:240",
        )
    }
    assert judged == {
        "192.0.2.63": False,
        "192.0.2.64": True,
        "192.0.2.127": True,
        "192.0.2.128": False,
        "::ffff:192.0.2.64": True,
        "::c000:240": False,
    }


@pytest.mark.parametrize(
    ("networks", "listed", "within"),
    [
        ([], [], True),
        (["192.0.2.1/32"], [], True),
        ([], ["0.0.0.0/0"], False),
        (["192.0.2.0/25"], ["192.0.2.0/24"], True),
        (["192.0.2.0/24"], ["192.0.2.0/24"], True),
        (["192.0.2.0/23"], ["192.0.2.0/24"], False),
        (["192.0.2.0/24"], ["192.0.2.0/25", "192.0.2.128/25"], True),
        (["192.0.2.0/24"], ["192.0.2.0/25", "192.0.2.128/26"], False),
        (["192.0.2.1/32", "198.51.100.1/32"], ["192.0.2.0/24"], False),
        (["2001:db8::/48"], ["192.0.2.0/24", "2001:db8::/32"], True),
        (["::/0"], ["0.0.0.0/0"], False),
        (["192.0.2.1/32"], ["::/0"], False),
    ],
)
def test_a_list_within_another(networks: list[str], listed: list[str], within: bool) -> None:
    assert is_within(networks, listed) is within
