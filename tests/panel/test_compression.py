"""Pages that carry no secret are compressed, and no other is (docs/decisions/0017)."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.panel.addresses import confirm, of

ACCEPTED = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("name", ["applications", "application_new", "allowed_ips", "api_reference"])
def test_pages_of_the_panel_are_compressed(alice: Client, cast: Cast, name: str) -> None:
    address = reverse(f"panel:{name}", args=[cast.account.pk])
    confirm(alice)
    plain = alice.get(address)
    response = alice.get(address, headers=ACCEPTED)
    assert (plain.headers.get("Content-Encoding"), response.headers["Content-Encoding"]) == (None, "gzip")
    assert len(response.content) < len(plain.content) / 2
    assert "Accept-Encoding" in response.headers["Vary"]


def test_the_sign_in_page_is_compressed() -> None:
    response = Client().get(reverse("account_login"), headers=ACCEPTED)
    assert response.headers["Content-Encoding"] == "gzip"


def test_the_page_that_shows_a_secret_is_not(alice: Client, cast: Cast) -> None:
    address = reverse("panel:application_new", args=[cast.account.pk])
    confirm(alice)
    response = alice.post(address, {"lifetime": "1 day", "scopes": ["sms"]}, headers=ACCEPTED)
    assert b'id="application-secret"' in response.content
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("name", ["mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes"])
def test_pages_of_sign_in_security_are_not(alice: Client, name: str) -> None:
    assert "Content-Encoding" not in alice.get(reverse(name), headers=ACCEPTED, follow=True).headers


def test_pages_with_callback_addresses_are_not(alice: Client, cast: Cast) -> None:
    for address in (of(cast.application, "webhooks"), of(cast.application, "webhook_url", "otp_callback")):
        response = alice.get(address, headers=ACCEPTED)
        assert (response.status_code, response.headers.get("Content-Encoding")) == (200, None)


def test_the_api_is_not(alice: Client) -> None:
    assert "Content-Encoding" not in alice.get("/openapi.json", headers=ACCEPTED).headers
