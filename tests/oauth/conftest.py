"""A client program: an application of Demo with the scopes sms, groups and account, and how it asks."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from applications.models import Application
from tests.factories import make_account, make_application

FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"

type Ask = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Program:
    """What a client program holds."""

    application: Application
    secret: str

    @property
    def basic(self) -> str:
        return basic(self.application.application_id, self.secret)


def basic(identifier: str, secret: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{identifier}:{secret}".encode()).decode()


@pytest.fixture
def program(db: None) -> Program:
    """A client with three scopes and a day's lifetime."""
    application, secret = make_application(make_account("Demo"), scopes="sms groups account")
    return Program(application, secret)


@pytest.fixture
def ask(client: Client) -> Ask:
    """Send a body, as it stands, to the token endpoint."""

    def send(body: str | bytes = GRANT, authorization: str | None = None, **headers: Any) -> HttpResponse:
        if authorization is not None:
            headers["HTTP_AUTHORIZATION"] = authorization
        headers = {"content_type": FORM, **headers}
        return client.post("/oauth/token", data=body, **headers)

    return send
