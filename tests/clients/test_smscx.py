"""The platform's published client reads the API by token and by API key; each refusal is an exception of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from applications.rules.credentials import new_credential
from tests.clients.conftest import Held

SCOPES = "sms viber whatsapp multichannel conversations reports groups originators templates shortlinks"
SCOPES += " attachments optouts account applications numbers"


@pytest.fixture(scope="module")
def credentials(held: Held) -> dict[str, dict[str, str]]:
    """By name: an application's token and an API key that may read, and some that may not."""
    client_id, secret = held.application("applications account")

    def token(scope: str) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = requests.post(f"{held.url}/oauth/token", form, auth=(client_id, secret), timeout=20)
        return {"access_token": answer.json()["access_token"]}

    def key(*options: str) -> dict[str, str]:
        made = json.loads(held.served.manage("create_api_key", "--account", held.account, *options, "--json"))
        value = next(word for word in made.values() if isinstance(word, str) and len(word) == 40)
        return {"api_key": value}

    return {
        "token": token("applications"),
        "key": key(),
        "narrow token": token("account"),
        "narrow key": key("--scopes", "sms"),
        "unknown token": {"access_token": new_credential()},
        "unknown key": {"api_key": new_credential()},
        "no credential": {},
    }


@pytest.fixture(scope="module")
def application_id(held: Held, credentials: dict[str, dict[str, str]]) -> str:
    """The application that they look at, made after theirs."""
    return held.application("sms groups", lifetime="1 week")[0]


@pytest.fixture
def got(
    held: Held, application_id: str, credentials: dict[str, dict[str, str]], published: Callable[..., Any]
) -> Any:
    """What each credential got of each call."""
    sent = json.dumps(credentials)
    return published("applications.py", held.url, application_id, new_credential(), sent)


def test_it_reads_the_api(got: Any, application_id: str) -> None:
    assert got["token"] == got["key"]
    assert got["key"]["scopes"] == SCOPES.split()
    listed = got["key"]["list"]["data"][0]
    assert (listed["application_id"], listed["scopes"], listed["token_expiration"]) == (
        application_id,
        "sms groups",
        "1 week",
    )
    assert listed["application_secret"][:36] == "*" * 36
    one = got["key"]["application"]
    assert (one["application_id"], one["name"], one["scopes"]) == (application_id, "Another", "sms groups")
    assert one["settings"]["sms"]["transliteration"] == {"alphabet": "NONE", "remove_emojis": False}
    assert one["settings"]["multichannel"]["expire_after_ttl"] is False
    assert one["settings"]["otp"]["_from"] == "InfoText"
    assert one["settings"]["otp"]["otp_callback"] is None
    channels = "sms viber whatsapp multichannel shortlinks attachments optouts lookup otp"
    assert set(one["settings"]) == set(channels.split())


def test_it_knows_the_refusals(got: Any) -> None:
    for name in ("token", "key"):
        assert got[name]["unknown"] == ["ResourceNotFoundException", 404, "not_found", 1500]
    for call in ("scopes", "list", "application", "unknown"):
        for name in ("unknown token", "unknown key", "no credential"):
            assert got[name][call][:3] == ["InvalidCredentialsException", 401, "invalid_credentials"]
        for name in ("narrow token", "narrow key"):
            assert got[name][call][:3] == ["InsufficientScopeException", 403, "insufficient_scope"]


def test_an_address_that_is_not_allowed_is_another_exception(
    held: Held, credentials: dict[str, dict[str, str]], published: Callable[..., Any]
) -> None:
    client_id, secret = held.application("applications")
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{held.url}/oauth/token", form, auth=(client_id, secret), timeout=20)
    held.served.manage("allow_ip", "198.51.100.0/24", "--application", client_id)
    restricted = json.dumps({"restricted": {"access_token": answer.json()["access_token"]}})
    got = published("applications.py", held.url, client_id, new_credential(), restricted)
    assert got["restricted"]["list"][:3] == ["AccessDeniedException", 403, "access_denied"]
