"""Clients of the API of Demo: by a token with all scopes, by one with few, by an API key, and a stranger."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from applications.models import Account, Application, Scope
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import Response
from tests.shared import shares

ALL = "sms viber whatsapp multichannel conversations reports groups originators templates shortlinks attachments"
ALL += " optouts account applications numbers"
JSON = "application/json"


@dataclass
class Program:
    """A credential, and calling with it; a body that is no text is sent as JSON."""

    headers: dict[str, str]
    client: Client = field(default_factory=Client)

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path: str, body: Any = "", content_type: str = JSON, **more: Any) -> Response:
        return self.send("POST", path, body, content_type, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Response:
        return self.send("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Response:
        return self.send("DELETE", path, "", "", **more)

    def send(self, method: str, path: str, body: Any = "", content_type: str = JSON, **more: Any) -> Response:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method, path, data, content_type, headers=self.headers, **more)


def bearer(application: Application, scope: str = "") -> Program:
    """A program with a token of this application, for these scopes or for all that it holds."""
    value = new_credential()
    make_token(application, value, scope=scope)
    return Program({"Authorization": f"Bearer {value}"})


def with_api_key(account: Account, scope: str | None = None) -> Program:
    """A program with an API key of this account, for these scopes or for all there are."""
    scopes = None if scope is None else Scope.objects.filter(name__in=scope.split())
    _key, value = create_api_key(account=account, name=Name("Cron"), scopes=scopes, actor=OPERATOR)
    return Program({"X-API-KEY": value})


def error_of(response: Response) -> tuple[int, str, str]:
    """Status, type and message of a refusal, which has all that a refusal has."""
    error = response.json()["error"]
    assert set(error) == {"type", "message", "code", "uri"}
    assert isinstance(error["code"], int)
    return response.status_code, error["type"], error["message"]


def make_back_office() -> Application:
    """Return the application "Back office" of an account Demo, stored; it holds every scope."""
    return make_application(make_account("Demo"), scopes=ALL, name="Back office")[0]


back_office = shares("back_office", make_back_office)


@pytest.fixture
def account(request: pytest.FixtureRequest, db: None) -> Account:
    """The account Demo, which has no application unless the test asks for `application` too."""
    if "back_office" in request.fixturenames:
        application: Application = request.getfixturevalue("back_office")
        return application.account
    return make_account("Demo")


@pytest.fixture
def application(back_office: Application) -> Application:
    """The account's application "Back office", which holds every scope."""
    return back_office


@pytest.fixture
def program(application: Application) -> Program:
    """A token of the application with every scope."""
    return bearer(application)


@pytest.fixture
def stranger(db: None) -> Program:
    """A token with every scope, of another account."""
    elsewhere = make_account("Elsewhere", "charlie@elsewhere.example")
    return bearer(make_application(elsewhere, scopes=ALL)[0])
