"""Passkeys are offered where they can work: not at an address that is a number."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

YOU, SIGN_IN = "/panel/you/", "/panel/sign-in/"
ADD, BY_PASSKEY = reverse("mfa_add_webauthn"), reverse("mfa_login_webauthn")
AJAX = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def hosts(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def signed_in(cast: Cast, host: str) -> Client:
    client = Client(headers={"Host": host})
    client.post(SIGN_IN, {"login": cast.alice.email, "password": PASSWORD})
    return client


NUMBERS = ["127.0.0.1:8000", "192.0.2.7", "[::1]:8000"]
NAMES = ["localhost:8000", "panel.example", "10.example"]


@pytest.mark.parametrize("host", NUMBERS)
def test_at_a_number_none_is_offered_and_the_security_page_says_why(cast: Cast, host: str) -> None:
    visitor = Client(headers={"Host": host})
    assert "passkey" not in text(visitor.get(SIGN_IN)).lower()
    assert visitor.get(BY_PASSKEY, headers=AJAX).status_code == 404
    client = signed_in(cast, host)
    page = text(client.get(YOU))
    assert ADD not in page
    assert "the address of this page is a number" in page
    assert 'Open the panel at <a href="http://localhost:8000">' in page
    assert client.get(ADD).status_code == 404
    assert client.post(ADD, {"name": "Key", "credential": "{}"}).status_code == 404


@pytest.mark.parametrize("host", NAMES)
def test_at_a_name_they_are(cast: Cast, host: str) -> None:
    visitor = Client(headers={"Host": host})
    assert "Sign in with a passkey" in text(visitor.get(SIGN_IN))
    assert visitor.get(BY_PASSKEY, headers=AJAX).status_code == 200
    client = signed_in(cast, host)
    assert ADD in text(client.get(YOU))
    assert "is a number" not in text(client.get(YOU))
    assert client.get(ADD).status_code == 200


@pytest.mark.parametrize("url", ["http://192.0.2.7:8000", "https://[2001:db8::7]"])
def test_a_server_without_a_name_has_none_anywhere(cast: Cast, settings: Settings, url: str) -> None:
    settings.PUBLIC_URL = url
    page = text(signed_in(cast, "localhost").get(YOU))
    assert ADD not in page
    assert "once the operator has given this server a name" in page


def test_a_trusted_proxy_may_write_the_host_itself(cast: Cast, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.TRUSTED_PROXIES = "https://panel.example", ["127.0.0.1/32"]
    assert ADD in text(signed_in(cast, "10.0.0.5:8000").get(YOU))


def test_at_a_number_one_confirms_by_password_alone(cast: Cast) -> None:
    Authenticator.objects.create(user=cast.alice, type="webauthn", data={"name": "ThinkPad"})
    client = Client()
    client.force_login(cast.alice)
    confirm, by_passkey = reverse("account_reauthenticate"), reverse("mfa_reauthenticate_webauthn")
    assert by_passkey in text(client.get(confirm, headers={"Host": "localhost"}))
    assert by_passkey not in text(client.get(confirm, headers={"Host": "127.0.0.1"}))
    assert client.get(by_passkey, headers={"Host": "127.0.0.1"})["Location"] == confirm


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:x", "[::1", "a b"])
@pytest.mark.parametrize("path", [SIGN_IN, "/panel/nothing/"])
def test_a_host_that_is_none_of_ours_is_refused_as_before(settings: Settings, host: str, path: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    assert Client(headers={"Host": host}).get(path).status_code == 400


def test_a_passkey_can_be_removed_at_a_number_too(cast: Cast) -> None:
    client = signed_in(cast, "127.0.0.1")
    key = Authenticator.objects.create(user=cast.alice, type="webauthn", data={"name": "ThinkPad"})
    assert "ThinkPad" in text(client.get(YOU))
    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))
    assert not Authenticator.objects.filter(pk=key.pk).exists()
