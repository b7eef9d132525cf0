"""Making and rolling the signing secret of webhooks over the API."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from applications.models import Application, AuditEvent, WebhookSecret
from applications.models.audit import Action
from applications.operations.webhook_secrets import signed_headers
from tests.api.conftest import Program, bearer, error_of

BODY = b'{"event": "new_optout", "data": []}'


def path(application: Application) -> str:
    return f"/applications/{application.application_id}/webhooks/secret"


@pytest.mark.parametrize("body", ["", {}])
def test_each_call_makes_a_secret_that_verifies_what_is_sent(
    body: object, application: Application, program: Program
) -> None:
    secrets = []
    for _number in range(2):
        response = program.post(path(application), body)
        assert (response.status_code, set(response.json())) == (200, {"secret"})
        assert response["Cache-Control"] == "no-store"
        secrets.append(response.json()["secret"])
    headers = signed_headers(
        application_id=application.pk, webhook_id="msg_1", at=datetime.now(UTC), body=BODY
    )
    for secret in secrets:
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor) == (Action.WEBHOOK_SECRET_ROLLED, application.application_id)


def test_a_fourth_is_a_conflict_that_says_when(application: Application, program: Program) -> None:
    for _number in range(3):
        program.post(path(application))
    status, kind, message = error_of(program.post(path(application)))
    assert (status, kind) == (409, "conflict")
    assert " UTC." in message
    assert WebhookSecret.objects.count() == 3


def test_who_may_not(application: Application, stranger: Program) -> None:
    cases = [
        (stranger, 404, "not_found"),
        (bearer(application, "sms"), 403, "insufficient_scope"),
        (bearer(application, "applications"), 403, "access_denied"),  # lacks scopes that the application has
        (Program({}), 401, "invalid_credentials"),
    ]
    for client, status, kind in cases:
        assert error_of(client.post(path(application)))[:2] == (status, kind)
    assert not WebhookSecret.objects.exists()


def test_nothing_is_chosen_by_the_caller(application: Application, program: Program) -> None:
    assert error_of(program.post(path(application), {"secret": "whsec_mine"}))[0] == 400
    assert error_of(program.get(path(application)))[0] == 405
    assert not WebhookSecret.objects.exists()
