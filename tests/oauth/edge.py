"""How clients and resource servers ask the endpoints beside the token's, and what two answers share."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from applications.models import Application
from tests.oauth.conftest import FORM, Response

VOLATILE = {"X-Request-Id", "X-Response-Time"}


def post(
    client: Client, path: str, authorization: str | None, address: str = "127.0.0.1", **parameters: str
) -> Response:
    """Send parameters as a form; `authorization` None: without the header."""
    headers = {"Authorization": authorization} if authorization else {}
    return client.post(path, urlencode(parameters), FORM, headers=headers, REMOTE_ADDR=address)


def restrict(application: Application, allowlist: str = "|198.51.100.0/24") -> None:
    """Let an application's credentials be used from these addresses alone (`|` parts account and application)."""
    application.allowlist = allowlist
    application.save(update_fields=["allowlist"])


def body_of(response: Response) -> dict[str, Any]:
    """The members of a JSON answer."""
    members: dict[str, Any] = json.loads(response.content)
    return members


def comparable(response: Response) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer that the client sees and that is not new in each."""
    headers = {name: value for name, value in response.items() if name not in VOLATILE}
    return response.status_code, response.content, headers
