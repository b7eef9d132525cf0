"""A client program: an application of Demo with the scopes sms, groups and account, and how it asks."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from applications.models import Application
from applications.operations.actors import OPERATOR
from applications.operations.resource_servers import create_resource_server
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token

FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"

if TYPE_CHECKING:  # what the test client returns has a name in the stubs alone
    from django.test.client import _MonkeyPatchedWSGIResponse

    Response = _MonkeyPatchedWSGIResponse
else:
    from django.http import HttpResponse

    Response = HttpResponse

type RequestToken = Callable[..., Response]


@dataclass(frozen=True)
class Program:
    """What a client program holds."""

    application: Application
    secret: str

    @property
    def basic(self) -> str:
        return basic(self.application.application_id, self.secret)


@dataclass(frozen=True)
class Server:
    """What a resource server holds."""

    server_id: str
    secret: str

    @property
    def basic(self) -> str:
        return basic(self.server_id, self.secret)


def basic(client_id: str, secret: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@pytest.fixture
def program(db: None) -> Program:
    """A client with three scopes and a day's lifetime."""
    application, secret = make_application(make_account("Demo"), scopes="sms groups account")
    return Program(application, secret)


@pytest.fixture
def request_token(client: Client) -> RequestToken:
    """Send a body, as it stands, to the token endpoint."""

    def send(body: str | bytes = GRANT, authorization: str | None = None, **headers: Any) -> Response:
        if authorization is not None:
            headers["HTTP_AUTHORIZATION"] = authorization
        headers = {"content_type": FORM, **headers}
        return client.post("/oauth/token", data=body, **headers)

    return send


@pytest.fixture
def token(program: Program) -> str:
    """The value of a live token of the program, for all its scopes."""
    value = new_credential()
    make_token(program.application, value)
    return value


@pytest.fixture
def server(db: None) -> Server:
    """A resource server."""
    made, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    return Server(made.server_id, secret)
