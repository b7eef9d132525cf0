"""Clients that others wrote, against the served product: token, introspection, revocation, metadata."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidScopeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.clients.conftest import Held


@pytest.fixture(autouse=True)
def without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The served product speaks plain HTTP on the loopback, which these libraries refuse otherwise."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_authlib(held: Held, way: str) -> None:
    with AuthlibSession(held.application_id, held.secret, token_endpoint_auth_method=way) as session:
        token = session.fetch_token(
            f"{held.url}/oauth/token", grant_type="client_credentials", scope="groups"
        )
        assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 86400, "groups")
        value = token["access_token"]
        told = session.introspect_token(f"{held.url}/oauth/introspect", token=value).json()
        assert (told["active"], told["scope"], told["client_id"]) == (True, "groups", held.application_id)
        assert told["exp"] - told["iat"] == 86400
        revoked = session.revoke_token(f"{held.url}/oauth/revoke", token=value)
        assert revoked.status_code == 200
        assert session.introspect_token(f"{held.url}/oauth/introspect", token=value).json() == {
            "active": False
        }


def test_authlib_as_a_resource_server(held: Held) -> None:
    made = json.loads(held.served.manage("create_resource_server", held.account, "--json"))
    with AuthlibSession(held.application_id, held.secret) as client:
        token = client.fetch_token(f"{held.url}/oauth/token", grant_type="client_credentials")["access_token"]
    with AuthlibSession(made["resource_server_id"], made["resource_server_secret"]) as server:
        told = server.introspect_token(f"{held.url}/oauth/introspect", token=token).json()
        assert (told["active"], told["client_name"]) == (True, "Mine")
        assert server.revoke_token(f"{held.url}/oauth/revoke", token=token).status_code == 401


def test_requests_oauthlib(held: Held) -> None:
    client = BackendApplicationClient(client_id=held.application_id, scope="sms groups")
    mine = HTTPBasicAuth(held.application_id, held.secret)
    with OAuth2Session(client=client) as session:
        token = session.fetch_token(f"{held.url}/oauth/token", auth=mine)
        assert set(token.scopes) == {"sms", "groups"}
        assert session.get(f"{held.url}/oauth/verify?scope=sms").status_code == 200
        assert session.get(f"{held.url}/oauth/verify?scope=viber").status_code == 403
        form = {"token": token["access_token"]}
        assert requests.post(f"{held.url}/oauth/revoke", form, auth=mine, timeout=10).status_code == 200
        assert session.get(f"{held.url}/oauth/verify?scope=sms").status_code == 401


def test_requests_oauthlib_knows_the_errors(held: Held) -> None:
    def ask(secret: str, scope: str) -> None:
        client = BackendApplicationClient(client_id=held.application_id, scope=scope)
        with OAuth2Session(client=client) as session:
            session.fetch_token(f"{held.url}/oauth/token", auth=HTTPBasicAuth(held.application_id, secret))

    with pytest.raises(InvalidClientError):
        ask("0" * 40, "sms")
    with pytest.raises(InvalidScopeError):
        ask(held.secret, "viber")


@pytest.mark.parametrize("way", ["basic", "post"])
def test_openid_client(held: Held, node: Callable[..., Any], way: str) -> None:
    got = node("openid_client.mjs", held.url, held.application_id, held.secret, way)
    assert got["metadata"]["issuer"] == held.url
    assert got["metadata"]["introspection_endpoint"] == f"{held.url}/oauth/introspect"
    assert (got["granted"]["scope"], got["granted"]["expires_in"]) == ("groups", 86400)
    assert (got["before"]["active"], got["before"]["client_id"]) == (True, held.application_id)
    assert got["after"] == {"active": False}
    assert got["invalidScope"] == [400, "invalid_scope"]
    assert got["invalidClient"] == [
        401,
        "OAUTH_WWW_AUTHENTICATE_CHALLENGE",
    ]  # its name for a 401 with a challenge


def test_the_platforms_published_client(held: Held, published: Callable[..., Any]) -> None:
    got = published("oauth.py", held.url, held.application_id, held.secret)
    assert got["all"]["scope"] == "sms groups"
    assert got["some"] == {
        "access_token": got["some"]["access_token"],
        "expires_in": 86400,
        "token_type": "Bearer",
        "scope": "groups",
    }
    assert got["wrong secret"] == ["InvalidCredentialsException", 401]


def test_the_published_client_takes_a_token_that_never_expires(
    held: Held, published: Callable[..., Any]
) -> None:
    got = published("oauth.py", held.url, *held.application("groups", lifetime="never"))
    assert got["all"]["expires_in"] == 2147483647
