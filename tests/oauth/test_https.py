"""https: who may say so (X-Forwarded-Proto), and what is answered to a program that comes without it."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.oauth.conftest import FORM, GRANT, Program, Response

PROXY, STRANGER = "192.0.2.1", "203.0.113.9"
HSTS = "max-age=31536000; includeSubDomains; preload"


@pytest.fixture(autouse=True)
def public_https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = [f"{PROXY}/32"]


def token(client: Client, program: Program, peer: str, proto: str | None) -> Response:
    headers = {"Authorization": program.basic} | ({} if proto is None else {"X-Forwarded-Proto": proto})
    return client.post("/oauth/token", GRANT, FORM, headers=headers, REMOTE_ADDR=peer)


@pytest.mark.parametrize(
    ("peer", "proto", "status"),
    [
        (STRANGER, None, 400),
        (STRANGER, "https", 400),  # anyone can write that
        (PROXY, "http", 400),
        (PROXY, "https", 200),
        (PROXY, "HTTPS, http", 400),
        # The proxy added its entry to what the client had written: the last one is its own
        (PROXY, "https,http", 400),
        (PROXY, "http, https ", 200),
        (PROXY, "", 400),
        # A gateway on the operator's own network asks for itself
        (PROXY, None, 200),
    ],
)
def test_plain_http_is_refused_to_clients(
    client: Client, program: Program, peer: str, proto: str | None, status: int
) -> None:
    response = token(client, program, peer, proto)
    assert response.status_code == status
    secure = proto is not None and status == 200
    assert response.headers.get("Strict-Transport-Security") == (HSTS if secure else None)
    if status == 400:
        assert response.json()["error"] == "invalid_request"
        assert response.json()["error_description"].startswith("Use https")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "patch"])
@pytest.mark.parametrize("path", ["/account", "/applications", "/openapi.json", "/oauth/verify"])
def test_every_method_is_refused_and_none_redirected(client: Client, method: str, path: str) -> None:
    response = getattr(client, method)(path, REMOTE_ADDR=STRANGER)
    assert response.status_code == 400
    assert b"Use https" in response.content
    assert "Location" not in response.headers


@pytest.mark.django_db
def test_over_https_every_answer_carries_hsts(client: Client) -> None:
    for path in ("/account", "/openapi.json", "/oauth/token", "/.well-known/oauth-authorization-server"):
        response = client.get(path, secure=True, REMOTE_ADDR=STRANGER)
        assert response.headers["Strict-Transport-Security"] == HSTS, path


@pytest.mark.django_db
@pytest.mark.parametrize(("peer", "status"), [(STRANGER, 301), (PROXY, 200)])
def test_the_panel_believes_the_same(client: Client, peer: str, status: int) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    assert client.get("/panel/sign-in/", headers=headers, REMOTE_ADDR=peer).status_code == status


def test_with_an_http_address_nothing_is_refused(
    client: Client, program: Program, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = False, 0
    response = token(client, program, STRANGER, None)
    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers
