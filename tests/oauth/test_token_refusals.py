"""One 401 for all that is wrong with a client; the reason is kept for the panel alone (security.md 6)."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import AccessToken, Application, ApplicationSecret, DailyUsage, Refusal
from applications.models.secrets import Overlap
from applications.operations import usage
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.secrets import reset_secret
from applications.operations.throttle import failures
from applications.rules.credentials import new_credential
from tests.oauth.conftest import FORM, GRANT, Program, RequestToken, basic

VOLATILE = {"X-Request-Id", "X-Response-Time"}


def restrict_elsewhere(program: Program) -> None:
    program.application.allowlist = "|198.51.100.0/24"
    program.application.save(update_fields=["allowlist"])


def disable(program: Program) -> None:
    switch_application(application=program.application, enabled=False, actor=OPERATOR)


def delete(program: Program) -> None:
    delete_application(application=program.application, actor=OPERATOR)


def reset(program: Program) -> None:
    reset_secret(application=program.application, overlap=Overlap.NOW, actor=OPERATOR)


@pytest.mark.parametrize("make_wrong", [restrict_elsewhere, disable, delete, reset])
def test_every_refusal_is_the_same_byte_for_byte(
    request_token: RequestToken, program: Program, make_wrong: object
) -> None:
    unknown = request_token(GRANT, basic(new_credential(), program.secret))
    wrong = request_token(GRANT, basic(program.application.application_id, new_credential()))
    make_wrong(program)  # type: ignore[operator]
    for response in (wrong, request_token(GRANT, program.basic)):
        assert response.status_code == 401
        assert response.content == unknown.content
        kept = {name: value for name, value in response.items() if name not in VOLATILE}
        assert kept == {name: value for name, value in unknown.items() if name not in VOLATILE}
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("make_wrong", [restrict_elsewhere, disable, delete, reset])
def test_every_refusal_costs_the_same_statements(
    request_token: RequestToken, program: Program, make_wrong: object
) -> None:
    def statements(authorization: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert request_token(GRANT, authorization).status_code == 401
        return [query["sql"].split()[0] for query in queries.captured_queries]

    unknown = statements(basic(new_credential(), new_credential()))
    make_wrong(program)  # type: ignore[operator]
    assert unknown == ["INSERT", "SELECT"]
    assert statements(program.basic) == unknown
    assert statements(basic(program.application.application_id, new_credential())) == unknown


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect", "/oauth/revoke"])
@pytest.mark.parametrize("make_wrong", [restrict_elsewhere, disable, reset, lambda _program: None])
def test_an_unknown_client_costs_the_same_work_as_a_known_one(
    client: Client, program: Program, monkeypatch: pytest.MonkeyPatch, make_wrong: object, path: str
) -> None:
    def work(authorization: str) -> tuple[list[str], list[str]]:
        """The statements, and what is called that takes time, of one refusal."""
        calls.clear()
        body = f"{GRANT}&token={'0' * 40}"
        with CaptureQueriesContext(connection) as queries:
            response = client.post(path, body, FORM, headers={"Authorization": authorization})
        assert response.status_code == 401
        return [query["sql"].split()[0] for query in queries.captured_queries], list(calls)

    calls: list[str] = []

    def noted[**P, R](name: str, call: Callable[P, R]) -> Callable[P, R]:
        def noting(*args: P.args, **kwargs: P.kwargs) -> R:
            calls.append(name)
            return call(*args, **kwargs)

        return noting

    make_wrong(program)  # type: ignore[operator]
    known = basic(program.application.application_id, new_credential())
    unknown = basic(new_credential(), new_credential())
    work(unknown)
    monkeypatch.setattr("hmac.compare_digest", noted("compare", hmac.compare_digest))
    monkeypatch.setattr(failures, "record", noted("throttle", failures.record))
    monkeypatch.setattr(usage.recorder, "add", noted("record", usage.recorder.add))
    for model in (Refusal, Application, ApplicationSecret):
        monkeypatch.setattr(model, "__init__", noted(model.__name__, model.__init__))
    secrets = program.application.secrets.count()
    statements, called = work(unknown)
    assert called == ["compare", "throttle", "Refusal", "record"]
    assert work(known) == (statements, ["compare"] * secrets + called[1:])


def test_what_an_unknown_client_is_recorded_for_is_dropped(
    request_token: RequestToken, program: Program
) -> None:
    request_token(GRANT, basic(new_credential(), new_credential()))
    with CaptureQueriesContext(connection) as queries:
        usage.flush()
    # Whether it is the ID of a deleted application is asked; nothing but the operator's count is written.
    written = [
        query["sql"] for query in queries.captured_queries if query["sql"].startswith(("INSERT", "UPDATE"))
    ]
    assert all("unknowncredentials" in statement for statement in written)
    assert not DailyUsage.objects.exists()
    assert not Refusal.objects.exists()


def test_unknown_clients_take_no_place_from_refusals_that_are_read(
    request_token: RequestToken, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MAX_REFUSALS", 2)
    for _number in range(5):
        request_token(GRANT, basic(new_credential(), new_credential()))
    request_token(GRANT, basic(program.application.application_id, new_credential()))
    usage.flush()
    assert Refusal.objects.count() == 1


def test_issuing_is_one_statement(request_token: RequestToken, program: Program) -> None:
    request_token(GRANT, program.basic)  # writes "last used", which is done once a minute
    with CaptureQueriesContext(connection) as queries:
        assert request_token(GRANT, program.basic).status_code == 200
    assert [query["sql"].split()[0] for query in queries.captured_queries] == ["INSERT"]


@pytest.mark.parametrize(
    ("make_wrong", "reason"), [(restrict_elsewhere, "address"), (disable, "disabled"), (reset, "old_secret")]
)
def test_the_panel_learns_the_reason_by_the_request_id(
    request_token: RequestToken, program: Program, make_wrong: object, reason: str
) -> None:
    make_wrong(program)  # type: ignore[operator]
    response = request_token(GRANT, program.basic)
    usage.flush()
    refusal = Refusal.objects.get(request_id=response["X-Request-Id"])
    assert (refusal.reason, refusal.application_id) == (reason, program.application.pk)
    assert DailyUsage.objects.get(kind=reason).count == 1


def test_a_wrong_secret_and_a_scope_not_held_are_kept_too(
    request_token: RequestToken, program: Program
) -> None:
    request_token(GRANT, basic(program.application.application_id, new_credential()))
    request_token(f"{GRANT}&scope=viber", program.basic)
    usage.flush()
    assert {refusal.reason for refusal in Refusal.objects.all()} == {"wrong_secret", "scope"}


def test_the_stored_digest_is_not_accepted_as_the_secret(
    request_token: RequestToken, program: Program
) -> None:
    stored = bytes(program.application.secrets.get().digest).hex()
    assert request_token(GRANT, basic(program.application.application_id, stored)).status_code == 401
    assert request_token(GRANT, basic(program.application.application_id, stored[:40])).status_code == 401


def test_no_row_holds_a_secret_or_a_token(request_token: RequestToken, program: Program) -> None:
    token = json.loads(request_token(GRANT, program.basic).content)["access_token"]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                assert program.secret not in repr(row)
                assert token not in repr(row)


def test_an_allowed_address_is_let_in_and_a_change_holds_at_the_next_request(
    client: Client, program: Program
) -> None:
    def ask_from(address: str) -> int:
        headers = {"HTTP_AUTHORIZATION": program.basic, "REMOTE_ADDR": address}
        form = "application/x-www-form-urlencoded"
        return client.post("/oauth/token", data=GRANT, content_type=form, **headers).status_code  # type: ignore[arg-type]

    assert ask_from("203.0.113.9") == 200
    program.application.allowlist = "198.51.100.0/24|198.51.100.7/32 2001:db8::/32"
    program.application.save(update_fields=["allowlist"])
    assert [ask_from(ip) for ip in ("203.0.113.9", "198.51.100.8", "198.51.100.7")] == [401, 401, 200]
    assert ask_from("::ffff:198.51.100.7") == 200
    program.application.allowlist = "|203.0.113.0/24"
    program.application.save(update_fields=["allowlist"])
    assert [ask_from(ip) for ip in ("198.51.100.7", "203.0.113.9")] == [401, 200]


def test_last_used_is_written_at_most_once_a_minute(request_token: RequestToken, program: Program) -> None:
    request_token(GRANT, program.basic)
    program.application.refresh_from_db()
    first = program.application.last_used_at
    assert first is not None
    assert now() - first < timedelta(minutes=1)
    assert program.application.last_used_ip == "127.0.0.1"
    assert program.application.secrets.get().last_used_at == first
    request_token(GRANT, program.basic)
    program.application.refresh_from_db()
    assert program.application.last_used_at == first
