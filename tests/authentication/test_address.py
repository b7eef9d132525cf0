"""The client's address: the peer's, or the right-most untrusted hop of X-Forwarded-For (security.md 7)."""

import pytest
from django.core.exceptions import BadRequest, ImproperlyConfigured
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from applications.authentication.address import client_address

PROXIES = ["192.0.2.1", "10.0.0.0/8", "2001:db8:1::/48"]


def address(peer: str, forwarded: str | None = None, **headers: str) -> str:
    """What the server takes for the client's address, which the peer says is `forwarded`."""
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer, **headers}
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return str(client_address(request))


@pytest.fixture
def trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES


@pytest.mark.parametrize(
    ("peer", "seen"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_without_proxies_the_peer_counts_and_headers_do_not(peer: str, seen: str) -> None:
    assert address(peer) == seen
    assert address(peer, "198.51.100.1") == seen


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("peer", ["203.0.113.9", "192.0.2.2", "2001:db8:2::1", "11.0.0.1"])
def test_a_header_of_an_untrusted_peer_is_forged(peer: str) -> None:
    assert address(peer, "198.51.100.1") == peer
    assert address(peer, "not an address") == peer


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("198.51.100.1,10.0.0.7,\t192.0.2.1 ", "198.51.100.1"),
        ("8.8.8.8, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.9, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("nonsense, ,%, 198.51.100.1", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8::5, 2001:db8:1::2", "2001:db8::5"),
        ("10.0.0.5, 10.0.0.6", "10.0.0.5"),
        # With a port, as Azure Application Gateway writes every entry
        ("203.0.113.9:51234", "203.0.113.9"),
        ("[2001:db8::5]:443", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"),
        ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
        ("8.8.8.8:1, 198.51.100.1:51234, 10.0.0.7:443, [2001:db8:1::2]:8080", "198.51.100.1"),
    ],
)
def test_behind_proxies_the_right_most_untrusted_hop_counts(forwarded: str, seen: str) -> None:
    assert address("192.0.2.1", forwarded) == seen
    assert address("::ffff:192.0.2.1", forwarded) == seen


@pytest.mark.usefixtures("trusted")
def test_a_trusted_proxy_that_forwards_nothing_speaks_for_itself() -> None:
    assert address("192.0.2.1") == "192.0.2.1"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "forwarded",
    [
        "unknown",
        "198.51.100.1, unknown",
        "198.51.100.1, fe80::1%eth0",
        "198.51.100.2:",
        "198.51.100.2:443:1",
        "198.51.100.2:https",
        "198.51.100.2:123456",
        "[198.51.100.2]:443",
        "[2001:db8::5",
        "2001:db8::5]:443",
        "[2001:db8::5]443",
        "[fe80::1%eth0]:443",
        ":443",
        "[]:443",
        "198.51.100.1, 10.0.0.7, ::1%1",
        "198.51.100.01",
        "",
        "198.51.100.1,",
        "198.51.100.1, ,10.0.0.7",
    ],
)
def test_a_hop_that_counts_must_be_an_address(forwarded: str) -> None:
    with pytest.raises(BadRequest, match="not an address"):
        address("192.0.2.1", forwarded)


@pytest.mark.usefixtures("trusted")
def test_other_forwarding_headers_are_never_read() -> None:
    others = {
        "HTTP_X_REAL_IP": "198.51.100.1",
        "HTTP_FORWARDED": "for=198.51.100.1",
        "HTTP_CF_CONNECTING_IP": "198.51.100.1",
        "HTTP_TRUE_CLIENT_IP": "198.51.100.1",
        "HTTP_X_CLIENT_IP": "198.51.100.1",
    }
    assert address("192.0.2.1", **others) == "192.0.2.1"
    assert address("192.0.2.1", "203.0.113.9", **others) == "203.0.113.9"


@pytest.mark.parametrize("peer", ["", "fe80::1%eth0", "/run/latchkey.sock"])
def test_a_peer_without_an_address_is_refused(peer: str) -> None:
    with pytest.raises(BadRequest, match="not an address"):
        address(peer)


@given(st.text(), st.ip_addresses())
def test_whatever_stands_left_of_the_proxys_entry_changes_nothing(forged: str, client: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.TRUSTED_PROXIES", ["192.0.2.1"])
        if str(client) != "192.0.2.1":
            assert address("192.0.2.1", f"{forged}, {client}") == address(str(client))


@pytest.mark.parametrize("proxy", ["10.0.0.1/8", "proxy.example", "*", "192.0.2.0/024"])
def test_a_proxy_that_is_no_network_is_a_mistake_in_the_configuration(settings: Settings, proxy: str) -> None:
    settings.TRUSTED_PROXIES = [proxy]
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        address("192.0.2.1", "198.51.100.1")


def test_spaces_between_configured_proxies_do_not_matter(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["192.0.2.1", " 10.0.0.0/8"]
    assert address("10.1.2.3", "198.51.100.1") == "198.51.100.1"
