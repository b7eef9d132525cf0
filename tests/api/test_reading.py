"""GET /applications, /applications/scopes and /applications/{applicationId}: the contract of the published clients."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Account, Application, ApplicationSecret, Scope
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application
from applications.operations.scopes import retire_scope
from applications.rules.credentials import new_credential
from tests.api.conftest import ALL, Program, bearer, error_of, with_api_key
from tests.factories import make_application

DEFAULTS = {
    "sms": {
        "enforceOriginator": "",
        "dlrCallback": None,
        "receiveCallback": None,
        "quietHours": {"start": "", "stop": ""},
        "transliteration": {"alphabet": "NONE", "removeEmojis": False},
    },
    "viber": {"dlrCallback": None, "receiveCallback": None, "quietHours": {"start": "", "stop": ""}},
    "whatsapp": {"dlrCallback": None, "receiveCallback": None, "quietHours": {"start": "", "stop": ""}},
    "multichannel": {
        "dlrCallback": None,
        "receiveCallback": None,
        "quietHours": {"start": "", "stop": ""},
        "ttl": 3600,
        "expireAfterTtl": False,
    },
    "shortlinks": {"shortlinksCallback": None},
    "attachments": {"attachmentsCallback": None},
    "optouts": {"optoutsCallback": None},
    "lookup": {"lookupCallback": None},
    "otp": {
        "template": "{{pin}} is your code.",
        "from": "InfoText",
        "pinType": "numbers",
        "pinLength": 6,
        "ttl": 300,
        "maxAttempts": 3,
        "otpCallback": None,
    },
}


def test_the_scopes_in_the_order_of_the_catalogue(program: Program) -> None:
    assert program.get("/applications/scopes").json() == ALL.split()


def test_a_retired_scope_is_not_offered(program: Program) -> None:
    retire_scope(scope=Scope.objects.get(name="viber"), actor=OPERATOR)
    assert "viber" not in program.get("/applications/scopes").json()


def test_the_list_has_exactly_the_documented_names(program: Program, application: Application) -> None:
    Application.objects.update(created_at=datetime(2026, 11, 24, 13, 32, 5, 999, tzinfo=UTC))
    hint = ApplicationSecret.objects.get().hint
    assert program.get("/applications").json() == {
        "data": [
            {
                "id": application.pk,
                "applicationId": application.application_id,
                "applicationSecret": "*" * 36 + hint,
                "applicationName": "Back office",
                "scopes": ALL,
                "tokenExpiration": "1 day",
                "createdAt": "2026-11-24 13:32:05",
            }
        ]
    }


def test_the_newest_first(program: Program, account: Account) -> None:
    make_application(account, name="Later")
    names = [one["applicationName"] for one in program.get("/applications").json()["data"]]
    assert names == ["Later", "Back office"]


def test_an_account_without_applications_has_an_empty_list(
    application: Application, account: Account
) -> None:
    program = with_api_key(account)
    delete_application(application=application, actor=OPERATOR)
    assert program.get("/applications").json() == {"data": []}


def test_the_list_costs_as_much_for_many(program: Program, account: Account) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            program.get("/applications")
        return len(queries)

    program.get("/applications")  # writes "last used"
    one = statements()
    for _number in range(5):
        make_application(account)
    assert statements() == one


def test_an_old_secret_that_still_works_is_not_the_one_shown(
    program: Program, application: Application
) -> None:
    answer = program.post(f"/applications/{application.application_id}/secret", {"overlap": "7 days"})
    secret = answer.json()["applicationSecret"]
    assert program.get("/applications").json()["data"][0]["applicationSecret"] == "*" * 36 + secret[-4:]


def test_one_application_has_exactly_the_documented_structure(
    program: Program, application: Application
) -> None:
    response = program.get(f"/applications/{application.application_id}")
    assert response.json() == {
        "applicationId": application.application_id,
        "name": "Back office",
        "scopes": ALL,
        "tokenExpiration": "1 day",
        "settings": DEFAULTS,
    }
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/applications",
        "/applications/scopes",
        "/applications/{id}",
        "/applications/{id}/allowed-ips",
        "/account/allowed-ips",
        "/account",
    ],
)
def test_reading_needs_the_scope(path: str, application: Application, account: Account) -> None:
    path = path.format(id=application.application_id)
    scope = "account" if path.startswith("/account") else "applications"
    others = " ".join(name for name in ALL.split() if name != scope)
    for program in (bearer(application, others), with_api_key(account, others)):
        response = program.get(path)
        assert error_of(response)[:2] == (403, "insufficient_scope")
        challenge = f'Bearer realm="Latchkey", error="insufficient_scope", scope="{scope}"'
        assert response["WWW-Authenticate"] == challenge
    for program in (bearer(application, scope), with_api_key(account, scope)):
        assert program.get(path).status_code == 200


def test_without_a_credential(application: Application) -> None:
    response = Program({}).get("/applications")
    assert error_of(response)[:2] == (401, "invalid_credentials")
    assert response["WWW-Authenticate"] == 'Bearer realm="Latchkey"'


def test_a_stranger_gets_the_same_404_as_for_nothing(stranger: Program, application: Application) -> None:
    foreign = stranger.get(f"/applications/{application.application_id}")
    unknown = stranger.get(f"/applications/{new_credential()}")
    assert error_of(foreign)[:2] == (404, "not_found")
    assert foreign.json()["error"]["code"] == 1500
    answers = [response.json()["error"] | {"uri": ""} for response in (foreign, unknown)]
    assert answers[0] == answers[1]
    names = [one["applicationId"] for one in stranger.get("/applications").json()["data"]]
    assert application.application_id not in names
    assert len(names) == 1


@pytest.mark.parametrize("odd", ["x", "%00", "ş", "..%2F", "A" * 40, "0" * 41, "0" * 39 + "%0a", "scopes%20"])
def test_what_cannot_be_an_id_is_not_found(odd: str, program: Program) -> None:
    assert error_of(program.get(f"/applications/{odd}"))[:2] == (404, "not_found")


def test_heads_are_answered_as_reading(program: Program) -> None:
    assert program.send("HEAD", "/applications", "", "").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/applications", "GET, POST, HEAD"),
        ("DELETE", "/applications", "GET, POST, HEAD"),
        ("POST", "/applications/scopes", "GET, HEAD"),
        ("POST", "/applications/{id}", "GET, PATCH, DELETE, HEAD"),
        ("GET", "/applications/{id}/secret", "POST"),
        ("HEAD", "/applications/{id}/secret", "POST"),
        ("GET", "/applications/{id}/tokens/revoke", "POST"),
        ("PATCH", "/account/allowed-ips", "GET, POST, DELETE, HEAD"),
        ("OPTIONS", "/applications", "GET, POST, HEAD"),
        ("POST", "/account", "GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_another_method(
    method: str, path: str, allowed: str, program: Program, application: Application
) -> None:
    response = program.send(method, path.format(id=application.application_id))
    assert (response.status_code, response["Allow"]) == (405, allowed)
    assert Application.objects.count() == 1
