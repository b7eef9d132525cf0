"""Whether a request came over https: only what trusted proxies say is believed. No database."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from applications.authentication.transport import (
    PROTO,
    believe_proxies_alone,
    is_refused,
    security_header,
)

PROXY, STRANGER = "10.0.0.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def trusted(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = (PROTO, "https")
    settings.SECURE_SSL_REDIRECT = True


def request_from(peer: str, proto: str | None = None) -> HttpRequest:
    """A request as a view gets it, from this peer, which says that it came over `proto`."""
    request = RequestFactory().get("/account", REMOTE_ADDR=peer)
    if proto is not None:
        request.META[PROTO] = proto
    believe_proxies_alone(request)
    return request


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("https", "https"),
        ("http", "http"),
        ("http, https", "https"),
        ("https,http", "http"),
        ("https, \thttp ", "http"),
        ("", ""),
        ("https,", ""),
    ],
)
def test_of_several_protocols_the_nearest_proxys_is_left(sent: str, left: str) -> None:
    assert request_from(PROXY, sent).META[PROTO] == left


@pytest.mark.parametrize("sent", ["https", "http", "http, https", ""])
@pytest.mark.parametrize("peer", [STRANGER, "", "unix:"])
def test_who_is_no_proxy_says_nothing_about_the_protocol(peer: str, sent: str) -> None:
    assert PROTO not in request_from(peer, sent).META


def test_a_proxy_that_says_nothing_adds_nothing() -> None:
    assert PROTO not in request_from(PROXY).META


@pytest.mark.parametrize(
    ("peer", "proto", "refused"),
    [
        (PROXY, "https", False),
        (PROXY, "http", True),
        (PROXY, "https, http", True),
        (PROXY, "", True),
        (PROXY, None, False),  # a gateway on the operator's own network
        (STRANGER, "https", True),
        (STRANGER, None, True),
    ],
)
def test_a_credential_over_http_is_refused_where_the_address_is_https(
    peer: str, proto: str | None, refused: bool
) -> None:
    assert is_refused(request_from(peer, proto)) is refused


@pytest.mark.parametrize("proto", ["https", "http", None])
def test_where_the_address_is_http_nothing_is_refused(settings: Settings, proto: str | None) -> None:
    settings.SECURE_SSL_REDIRECT = False
    assert not is_refused(request_from(STRANGER, proto))
    assert not is_refused(request_from(PROXY, proto))


@pytest.mark.parametrize(
    ("subdomains", "preload", "header"),
    [
        (False, False, "max-age=3600"),
        (True, False, "max-age=3600; includeSubDomains"),
        (False, True, "max-age=3600; preload"),
        (True, True, "max-age=3600; includeSubDomains; preload"),
    ],
)
def test_browsers_are_told_to_come_over_https_alone(
    settings: Settings, subdomains: bool, preload: bool, header: str
) -> None:
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_HSTS_PRELOAD = subdomains, preload
    assert security_header(request_from(PROXY, "https")) == header


def test_over_http_or_where_it_is_off_they_are_told_nothing(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 3600
    assert security_header(request_from(PROXY, "http")) == ""
    assert security_header(request_from(STRANGER, "https")) == ""
    settings.SECURE_HSTS_SECONDS = 0
    assert security_header(request_from(PROXY, "https")) == ""
