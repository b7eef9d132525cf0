"""GET /account: which account and application a credential belongs to."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import by_method
from applications.api.errors import NOT_KEPT, Good, answer
from applications.api.outputs import time
from applications.authentication.clients import Client
from applications.authentication.credentials import accept, asked_token
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import ID, MOMENT, NAME, json_of, response, schema
from applications.models.statements.tokens import FoundToken
from applications.operations.last_used import Run
from applications.rules.json_bytes import json_bytes

SCOPE = "account"
CALLER = {
    "account": {"id": 1, "name": "Marlowe Logistics", "timezone": "Europe/Warsaw"},
    "application": {"applicationId": ID, "applicationName": NAME},
    "scopes": "account",
    "expiresAt": MOMENT,
}


@describes(
    Operation(
        name="getAccount",
        summary=_("Who am I"),
        description=_("Which account and application the credential belongs to, and what it may do now."),
        tag="Account",
        answers={"200": response(_("Who calls."), json_of(schema("Account"), CALLER))},
    )
)
def show(request: HttpRequest, client: Client) -> HttpResponse:
    """Answer who the client is: account, application, scopes now, and when the token expires (UTC)."""
    return answer(_described(client))


def _described(client: Client) -> dict[str, Any]:
    return {
        "account": {
            "id": client.account_pk,
            "name": client.account_name,
            "timezone": client.account_timezone,
        },
        "application": _application(client),
        "scopes": " ".join(client.scopes),
        "expiresAt": client.expires_at and time(client.expires_at),
    }


def _application(client: Client) -> dict[str, str] | None:
    """The application of a token; an API key belongs to the account alone."""
    if client.application_pk is None:
        return None
    return {"applicationId": client.application_id, "applicationName": client.application_name}


account = by_method(SCOPE, GET=show)


def account_asked(
    request: HttpRequest,
) -> tuple[uuid.UUID, Callable[[FoundToken, datetime, Run], Good]]:
    """Return the key of the token that `account` asks about, and what makes its answer (config/frequent.py)."""

    def tell(found: FoundToken, moment: datetime, run: Run) -> Good:
        return NOT_KEPT, json_bytes(_described(accept(request, found, (SCOPE,), moment, run)))

    return asked_token(request), tell
