"""POST /credentials/revoke: without a credential of one's own, always 202, and at the very next request."""

import json
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from applications.models import Application, FoundCredential, RateCount
from applications.operations import rates
from applications.rules.credentials import new_credential
from tests.api.conftest import JSON, Program, with_api_key
from tests.factories import make_application, make_token
from tests.oauth.conftest import FORM, GRANT, Response, basic

PATH = "/credentials/revoke"


def report(*credentials: Any, **more: Any) -> Response:
    return Program({}).post(PATH, {"credentials": list(credentials)}, **more)


def is_told_nothing(response: Response) -> None:
    assert (response.status_code, response.content) == (202, b"")
    assert "Content-Type" not in response
    assert response["Cache-Control"] == "no-store"
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.django_db
def test_each_kind_holds_at_the_very_next_request(application: Application) -> None:
    client, secret = make_application(application.account, scopes="account")
    proof = {"Authorization": basic(client.application_id, secret)}
    answer = Client().post("/oauth/token", GRANT, FORM, headers=proof)
    token = Program({"Authorization": f"Bearer {answer.json()['access_token']}"})
    value = new_credential()
    make_token(client, value)
    single, key = Program({"Authorization": f"Bearer {value}"}), with_api_key(application.account)
    assert [each.get("/account").status_code for each in (token, single, key)] == [200, 200, 200]
    is_told_nothing(report(f"Bearer {value}"))
    assert [each.get("/account").status_code for each in (token, single, key)] == [200, 401, 200]
    is_told_nothing(report(f"X-API-KEY: {key.headers['X-API-KEY']}"))
    assert [each.get("/account").status_code for each in (token, single, key)] == [200, 401, 401]
    is_told_nothing(report(proof["Authorization"]))
    assert token.get("/account").status_code == 401
    assert Client().post("/oauth/token", GRANT, FORM, headers=proof).status_code == 401


def test_an_application_without_a_secret_that_works_is_listed(
    program: Program, application: Application
) -> None:
    client, secret = make_application(application.account)
    is_told_nothing(report(secret))
    listed = {
        row["applicationId"]: row["applicationSecret"] for row in program.get("/applications").json()["data"]
    }
    assert listed[client.application_id] == "*" * 40


def test_the_answer_is_the_same_for_live_and_dead(application: Application) -> None:
    value = new_credential()
    make_token(application, value)
    answers = [
        report(value),
        report(value),
        report(new_credential()),
        report("nothing"),
        report(value, value),
    ]
    for answer in answers:
        is_told_nothing(answer)
    varying = {"X-Request-Id", "X-Response-Time", "X-Rate-Limit-Remaining"}
    heads = [{name: value for name, value in answer.items() if name not in varying} for answer in answers]
    assert all(head == heads[0] for head in heads)


def test_a_credential_beside_it_is_not_looked_at(application: Application) -> None:
    value = new_credential()
    make_token(application, value)
    for header in (
        {"Authorization": f"Bearer {value}"},
        {"X-API-KEY": "x"},
        {"Authorization": "x", "X-API-KEY": "x"},
    ):
        is_told_nothing(Program(header).post(PATH, {"credentials": ["x"]}))
    assert not FoundCredential.objects.exists()


STRANGE = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "é" * 40,
    "=" * 500,
    "%zz",
    "A" * 9000,
    " ",
    "[" * 900,
    "０" * 40,
]


def test_malformed_strings_are_passed_over(application: Application) -> None:
    value = new_credential()
    make_token(application, value)
    is_told_nothing(report(*STRANGE, f"\x00{value}\r\n"))
    assert FoundCredential.objects.get().hint == value[-4:]


def test_a_thousand_fit_and_one_more_is_too_many(db: None) -> None:
    values = [new_credential() for _number in range(1001)]
    body = json.dumps({"credentials": values[:1000]})
    assert len(body) < 64 * 1024
    is_told_nothing(Program({}).post(PATH, body))
    refused = Program({}).post(PATH, {"credentials": values})
    assert refused.status_code == 400
    assert "1 to 1,000" in refused.json()["error"]["message"]


MALFORMED: list[Any] = [
    "",
    "{",
    "[]",
    "null",
    '"x"',
    "NaN",
    b"\xff\xfe",
    "[" * 60_000,
    "{}",
    '{"credentials": []}',
]
NO_LISTS: list[Any] = [None, "x", 1, True, {}, [1], [None], ["x", ["y"]], [{"a": "b"}]]
MALFORMED += [{"credentials": value} for value in NO_LISTS]
MALFORMED += [
    {"credentials": ["x"], "more": 1},
    '{"credentials": ["x"], "credentials": ["y"]}',
    {"Credentials": ["x"]},
]


def test_a_malformed_body_is_an_error_that_says_what_to_send(db: None) -> None:
    for body in MALFORMED:
        response = Program({}).post(PATH, body)
        assert response.status_code == 400, body
        error = response.json()["error"]
        assert (error["type"], error["uri"]) == ("invalid_param", PATH)
        assert error["message"]


def test_other_methods_types_and_sizes(db: None) -> None:
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response = Program({}).send(method, PATH, {"credentials": ["x"]})
        assert (response.status_code, response["Allow"]) == (405, "POST")
    for media in (FORM, "text/plain", "multipart/form-data", "application/json; charset=latin-1", ""):
        assert Program({}).send("POST", PATH, '{"credentials": ["x"]}', media).status_code == 415
    assert report("x" * 70_000).status_code == 413
    assert report("x" * 60_000).status_code == 202


# --- How often --------------------------------------------------------------------------------------


def test_sixty_an_hour_from_one_address(application: Application) -> None:
    with time_machine.travel("2026-11-26T12:20:00Z", tick=False):
        assert [report("x").status_code for _number in range(59)] == [202] * 59
        assert Program({}).post(PATH, "{").status_code == 400, "a report that cannot be read counts too"
        value = new_credential()
        make_token(application, value)
        refused = report(value)
        assert (refused.status_code, refused["Retry-After"]) == (429, "2400")
        assert refused.json()["error"]["type"] == "rate_limit_exceeded"
        assert not FoundCredential.objects.exists()
        is_told_nothing(report(value, REMOTE_ADDR="192.0.2.77"))
    with time_machine.travel("2026-11-26T13:00:00Z", tick=False):
        assert report("x").status_code == 202


def test_a_network_of_ipv6_is_one_address(db: None) -> None:
    for number in range(3):
        report("x", REMOTE_ADDR=f"2001:db8:1:2::{number + 1}")
    report("x", REMOTE_ADDR="2001:db8:1:3::1")
    counts = dict(RateCount.objects.values_list("client", "requests"))
    assert counts == {"report:2001:db8:1:2::/64": 3, "report:2001:db8:1:3::/64": 1}


def test_the_count_lasts_until_its_hour_is_over(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper of old counts leaves it alone."""
    monkeypatch.setattr(rates.sweeper, "swept", 0)
    start = 1_800_000_000 // 3600 * 3600
    assert [rates.count_of_hour("a", start + second) for second in (0, 1, 1800, 3599)] == [1, 2, 3, 4]
    assert rates.count_of_hour("a", start + 3600) == 1
    assert rates.next_hour(start + 3599.9) == start + 3600


# --- When the store does not answer -----------------------------------------------------------------


def test_a_store_that_is_down_is_no_202(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_what: Any) -> None:
        raise OperationalError("down")

    monkeypatch.setattr("applications.api.credentials.end_found_credentials", down)
    response = report(new_credential())
    assert (response.status_code, response["Content-Type"]) == (503, JSON)
    assert response["Retry-After"]


def test_nothing_of_it_is_logged(application: Application, caplog: pytest.LogCaptureFixture) -> None:
    value = new_credential()
    make_token(application, value)
    report(value)
    Program({}).post(PATH, {"credentials": [value], "more": value})
    assert value not in caplog.text
