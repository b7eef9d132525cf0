"""Which machine is called: a name is resolved once an attempt, every answer checked, and the checked one called."""

import socket
import time
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from pytest_django import Settings

from applications.delivery import wire
from applications.delivery.deadlines import Deadline
from applications.delivery.names import Address, nameserver
from applications.delivery.sender import Answer, send
from applications.rules.safe_urls import Policy
from tests.delivery.receivers import GOOD, NameServer, answering, receiver

PUBLIC, PUBLIC6 = "8.8.8.8", "2606:4700:4700::1111"
INSIDE = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.168.1.1", "224.0.0.1"]
INSIDE6 = ["::1", "::ffff:127.0.0.1", "::127.0.0.1", "fec0::1", "fe80::1", "fc00::1", "2002:7f00:1::"]
INSIDE6 += [
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::ffff:0:8.8.8.8",
]


def post(url: str) -> Answer:
    return send(url=url, body=b"{}", headers={})


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The public addresses that were connected to; nothing goes out to them."""
    made: list[tuple[str, int]] = []

    def connect(address: Address, port: int, seconds: float) -> socket.socket:
        made.append((str(address), port))
        raise OSError("no way out of here")

    monkeypatch.setattr(wire, "open_socket", connect)
    return made


# --- As written ---------------------------------------------------------------------------------

REFUSED_URLS = [
    "http://hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://hooks.example.com:22/",
]
REFUSED_URLS += [
    "https://localhost/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
]
REFUSED_URLS += [f"https://{address}/" for address in INSIDE]
REFUSED_URLS += [f"https://[{address}]/" for address in INSIDE6]
REFUSED_URLS += ["https://hooks.example.com\r\nX: y/", "file:///etc/passwd", "https://metadata.internal/"]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_stored_url_that_may_not_be_called_any_more_is_not(
    url: str, names: NameServer, connections: list[tuple[str, int]]
) -> None:
    answer = post(url)
    assert (answer.status, answer.error) == (None, "refused_url")
    assert (names.asked, connections) == ([], [])


def test_the_ports_are_those_of_the_setting(
    settings: Settings, names: NameServer, connections: list[tuple[str, int]]
) -> None:
    settings.CALLBACK_PORTS = [9443]
    names.knows("hooks.example.com", [PUBLIC])
    assert post("https://hooks.example.com:9443/").error == "connect"
    assert post("https://hooks.example.com:8443/").error == "refused_url"
    assert connections == [(PUBLIC, 9443)]


# --- As resolved --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*INSIDE, *INSIDE6])
def test_a_name_of_an_inner_address_is_refused_alone_and_among_public_ones(
    address: str, names: NameServer, connections: list[tuple[str, int]]
) -> None:
    kind = "A" if ip_address(address).version == 4 else "AAAA"
    names.knows("alone.example.com", [address], kind=kind)
    names.knows("last.example.com", [PUBLIC, "1.1.1.1"])
    names.knows("last.example.com", [PUBLIC6], kind="AAAA")
    names.knows("last.example.com", [PUBLIC if kind == "A" else PUBLIC6, address], kind=kind)
    for host in ("alone", "last"):
        answer = post(f"https://{host}.example.com/")
        assert (answer.status, answer.error) == (None, "refused_address")
    assert connections == []


def test_a_name_that_rebinds_is_asked_once_and_the_checked_address_called(
    names: NameServer, connections: list[tuple[str, int]]
) -> None:
    names.knows("rebinds.example.com", [PUBLIC], ["127.0.0.1"])
    assert post("https://rebinds.example.com/").error == "connect"
    assert names.asked == [("rebinds.example.com", "A"), ("rebinds.example.com", "AAAA")]
    assert connections == [(PUBLIC, 443)]
    assert (
        post("https://rebinds.example.com/").error == "refused_address"
    )  # checked again at the next attempt
    assert len(names.asked) == 4
    assert connections == [(PUBLIC, 443)]


def test_a_rebinding_name_really_reaches_only_the_first_machine(development: None, names: NameServer) -> None:
    with receiver(answering(GOOD)) as first, receiver(answering(GOOD), address="127.0.0.2") as second:
        names.knows("rebinds.example.com", ["127.0.0.1"], ["127.0.0.2"])
        assert post(f"http://rebinds.example.com:{first.port}/").is_success
        assert (first.connections, second.connections) == (1, 0)
        assert f"Host: rebinds.example.com:{first.port}\r\n".encode() in first.requests[0]


def test_an_alias_is_judged_by_where_it_ends(names: NameServer, connections: list[tuple[str, int]]) -> None:
    for target, address in (("outer", PUBLIC), ("inner", "10.0.0.1")):
        names.knows(f"to-{target}.example.com", [f"{target}.example.com"], kind="CNAME")
        names.knows(f"{target}.example.com", [address])
    assert post("https://to-outer.example.com/").error == "connect"
    assert post("https://to-inner.example.com/").error == "refused_address"
    assert connections == [(PUBLIC, 443)]


def test_a_name_that_is_not_there(names: NameServer) -> None:
    names.knows("empty.example.com", [], kind="TXT")
    assert post("https://nowhere.example.com/").error == "dns"
    assert len(names.asked) == 1  # that there is no such name holds for all kinds
    assert post("https://empty.example.com/").error == "dns"


def test_one_kind_of_address_is_enough(names: NameServer, connections: list[tuple[str, int]]) -> None:
    names.knows("six.example.com", [PUBLIC6], kind="AAAA")
    assert post("https://six.example.com/").error == "connect"
    assert connections == [(PUBLIC6, 443)]


def test_four_addresses_are_tried_and_ipv4_first(
    names: NameServer, connections: list[tuple[str, int]]
) -> None:
    names.knows("many.example.com", [PUBLIC6], kind="AAAA")
    names.knows("many.example.com", [f"8.8.8.{number}" for number in range(1, 4)])
    assert post("https://many.example.com:8443/").error == "connect"
    assert sorted(connections[:3]) == [("8.8.8.1", 8443), ("8.8.8.2", 8443), ("8.8.8.3", 8443)]
    assert connections[3:] == [(PUBLIC6, 8443)]


def test_a_dead_name_server_has_no_longer_than_all_has(names: NameServer, hurried: float) -> None:
    names.is_silent = True
    began = time.monotonic()
    assert post("https://hooks.example.com/").error in ("dns", "timeout")
    assert time.monotonic() - began < hurried + 0.5


def test_localhost_is_known_without_asking(development: None, names: NameServer) -> None:
    with receiver(answering(GOOD)) as there:
        for host in ("localhost", "LOCALHOST.", "shop.localhost"):
            assert post(f"http://{host}:{there.port}/").is_success
    assert names.asked == []


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_ipv6_alone_and_behind_a_name(development: None, names: NameServer) -> None:
    with receiver(answering(GOOD), address="::1") as there:
        names.knows("six.example.com", ["::1"], kind="AAAA")
        assert post(there.url).is_success
        assert post(f"http://six.example.com:{there.port}/").is_success
    assert f"Host: [::1]:{there.port}\r\n".encode() in there.requests[0]


# --- Several addresses --------------------------------------------------------------------------


def test_the_next_address_is_tried_when_one_is_dead(development: None, names: NameServer) -> None:
    with receiver(answering(GOOD), address="127.0.0.2") as there:
        names.knows("two.example.com", ["127.0.0.1", "127.0.0.2"])
        assert post(f"http://two.example.com:{there.port}/").is_success


def test_a_silent_address_leaves_time_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []

    def connect(address: Address, port: int, seconds: float) -> socket.socket:
        shares.append(seconds)
        time.sleep(seconds / 10)
        raise TimeoutError

    monkeypatch.setattr(wire, "open_socket", connect)
    addresses: list[Address] = [ip_address(f"8.8.8.{number}") for number in range(1, 8)]
    with pytest.raises(TimeoutError):
        wire.connect(addresses, 443, Deadline(0.4))
    assert len(shares) == 4
    assert shares[0] == pytest.approx(0.1, abs=0.02)
    assert shares[-1] < 0.4


# --- In development -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0", "ff02::1"],
)
def test_credentials_of_a_machine_in_a_cloud_are_out_of_reach_in_development_too(
    address: str, development: None, names: NameServer
) -> None:
    names.knows("meta.example.com", [address], kind="A" if "." in address[:4] else "AAAA")
    assert post("http://meta.example.com/").error == "refused_address"
    assert post(f"http://{address if '.' in address[:4] else f'[{address}]'}/").error == "refused_url"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.1.5", "::1", "fd00::1", "8.8.8.8", PUBLIC6]
)
def test_what_development_reaches(address: str) -> None:
    parsed: IPv4Address | IPv6Address = ip_address(address)
    assert Policy(insecure=True).allows(parsed)
    assert Policy().allows(parsed) == (address in (PUBLIC, PUBLIC6))


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("192.0.2.53", "192.0.2.53", 53),
        (" 192.0.2.53:5353", "192.0.2.53", 5353),
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
    ],
)
def test_how_a_name_server_is_written(text: str, address: str, port: int) -> None:
    made = nameserver(text)
    assert (made.answer_nameserver(), made.answer_port()) == (address, port)


@pytest.mark.parametrize("text", ["", "dns.example.com", "1.1", "192.0.2.53:", "192.0.2.53:x", "[::1"])
def test_a_wrong_one_is_no_name_server(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|appear"):
        nameserver(text)
