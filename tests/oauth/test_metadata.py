"""GET /.well-known/oauth-authorization-server: RFC 8414."""

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from applications.models import Scope
from applications.oauth import metadata
from applications.operations.actors import OPERATOR
from applications.operations.scopes import retire_scope
from tests.oauth.edge import body_of

PATH = "/.well-known/oauth-authorization-server"


def test_section_2_everything_begins_with_the_configured_issuer(
    client: Client, db: None, settings: Settings
) -> None:
    settings.ISSUER = "https://id.sms.example"
    settings.ALLOWED_HOSTS = ["*"]
    body = body_of(client.get(PATH, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}))
    assert body["issuer"] == "https://id.sms.example"
    endpoints = {name: value for name, value in body.items() if name.endswith("_endpoint")}
    assert endpoints == {
        "token_endpoint": "https://id.sms.example/oauth/token",
        "introspection_endpoint": "https://id.sms.example/oauth/introspect",
        "revocation_endpoint": "https://id.sms.example/oauth/revoke",
    }


def test_section_2_what_is_supported(client: Client, db: None) -> None:
    body = body_of(client.get(PATH))
    assert body["grant_types_supported"] == ["client_credentials"]
    assert body["response_types_supported"] == []
    for endpoint in ("token", "introspection", "revocation"):
        ways = body[f"{endpoint}_endpoint_auth_methods_supported"]
        assert ways == ["client_secret_basic", "client_secret_post"]
    assert body["scopes_supported"][:2] == ["sms", "viber"]
    assert len(body["scopes_supported"]) == 15


def test_a_retired_scope_is_not_offered(client: Client, db: None) -> None:
    retire_scope(scope=Scope.objects.get(name="viber"), actor=OPERATOR)
    assert "viber" not in body_of(client.get(PATH))["scopes_supported"]


def test_section_3_2_the_answer_is_json(client: Client, db: None) -> None:
    assert client.get(PATH)["Content-Type"] == "application/json"
    assert client.head(PATH).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_section_3_1_it_is_asked_for_with_get(client: Client, db: None, method: str) -> None:
    response = getattr(client, method)(PATH)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_it_is_answered_while_the_database_is_away(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = body_of(client.get(PATH))

    def gone() -> list[str]:
        raise OperationalError

    monkeypatch.setattr(metadata.scope_names, "read", gone)
    assert body_of(client.get(PATH)) == known
    metadata.scope_names.forget()
    never_known = client.get(PATH)
    assert never_known.status_code == 200
    assert body_of(never_known) == {name: known[name] for name in known if name != "scopes_supported"}
