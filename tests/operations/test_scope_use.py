"""Recording which scopes are used, and how often tokens are checked: beside the request, and seldom written."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.models import Application, DailyUsage, ScopeUse
from applications.models.scope_use import GrantUse, ScopeUses, add_scope_uses, scope_uses
from applications.models.usage import CHECKED
from applications.operations import address_use
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, update_application
from applications.operations.resource_servers import create_resource_server
from applications.operations.usage import flush, record_address_use
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MOMENT = now()


@pytest.fixture(autouse=True)
def nothing_written() -> None:
    """As in a process that has just begun."""
    address_use._written.clear()


@pytest.fixture
def application() -> Application:
    return make_application(make_account(), "sms groups reports applications")[0]


@pytest.fixture
def token(application: Application) -> str:
    value = new_credential()
    make_token(application, value)
    return value


def verify(token: str, scope: str) -> int:
    answer = Client().get("/oauth/verify", {"scope": scope}, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def used(application: Application) -> set[str]:
    return set(ScopeUse.objects.filter(application=application).values_list("scope", flat=True))


def checks(application: Application) -> int:
    return sum(application.daily_usage.filter(kind=CHECKED).values_list("count", flat=True))


def test_what_a_gateway_asks_for_is_used(application: Application, token: str) -> None:
    assert [verify(token, "sms"), verify(token, "groups sms"), verify(token, "sms")] == [200] * 3
    flush()
    assert used(application) == {"sms", "groups"}
    assert checks(application) == 3
    assert DailyUsage.objects.get(kind=CHECKED).day == now().date()


def test_what_our_own_api_needs_is_used(application: Application, token: str) -> None:
    header = {"Authorization": f"Bearer {token}"}
    assert Client().get("/applications/scopes", headers=header).status_code == 200
    assert Client().get("/account", headers=header).status_code == 403  # the scope is not held
    text = {"text": "Hello"}
    preview = Client().post("/messages/preview", text, content_type="application/json", headers=header)
    assert preview.status_code == 200
    flush()
    assert used(application) == {"applications", "sms"}
    assert checks(application) == 2


def test_a_scope_that_was_refused_is_not_used_and_no_check_is_counted(
    application: Application, token: str
) -> None:
    assert verify(token, "viber") == 403
    assert verify(token, "sms viber") == 403
    flush()
    assert used(application) == set()
    assert checks(application) == 0
    assert application.daily_usage.get(kind="scope").count == 2


def introspect(client_id: str, secret: str, token: str, **more: str) -> bool:
    client = {"client_id": client_id, "client_secret": secret}
    body = urlencode({**client, "token": token, **more})
    answer = Client().post("/oauth/introspect", body, content_type="application/x-www-form-urlencoded")
    return bool(answer.json()["active"])


def test_introspection_by_a_resource_server_is_a_check_that_names_no_scope(
    application: Application, token: str
) -> None:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    assert introspect(server.server_id, secret, token)
    assert introspect(server.server_id, secret, token, client_ip="203.0.113.7")
    flush()
    assert used(application) == {""}
    assert checks(application) == 2
    assert application.address_uses.get(ip="203.0.113.7").count == 1
    assert scope_uses(application).unnamed_at is not None


def test_introspection_by_an_application_is_no_use(token: str, application: Application) -> None:
    asking, secret = make_application(application.account, name="Debugger")
    assert introspect(asking.application_id, secret, token)
    flush()
    assert not ScopeUse.objects.exists()
    assert not DailyUsage.objects.filter(kind=CHECKED).exists()


def test_a_check_takes_no_statement_more_than_the_one_that_finds_the_token(
    application: Application, token: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    verify(token, "sms")  # writes "last used"
    with django_assert_num_queries(1):
        assert verify(token, "sms groups") == 200


def record(application: Application, *scopes: str) -> None:
    record_address_use("application", application.pk, None, purpose=scopes)


def test_a_scope_is_written_once_in_five_minutes_by_a_process(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    written: list[list[str]] = []

    def note(used: set[tuple[int, str]], _moment: object) -> None:
        written.append(sorted(scope for _pk, scope in used))

    monkeypatch.setattr(address_use, "add_scope_uses", note)
    for seconds, scopes in ((1000.0, ["sms"]), (1299.0, ["sms", "groups"]), (1300.0, ["sms", "groups"])):
        clock[0] = seconds
        record(application, *scopes)
        flush()
    assert written == [["sms"], ["groups"], ["sms"]]
    assert checks(application) == 3


def test_two_processes_write_it_once_too(application: Application) -> None:
    """The statement asks what another process has written."""
    for minutes, written in ((0, 0), (4.9, 0), (5, 5), (9, 5), (10, 10)):
        add_scope_uses({(application.pk, "sms")}, MOMENT + timedelta(minutes=minutes))
        assert ScopeUse.objects.get().last_at == MOMENT + timedelta(minutes=written)


def test_memory_of_what_was_written_is_bounded(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_use, "MAX_REMEMBERED", 2)
    record(application, "sms", "groups", "reports")
    flush()
    assert len(address_use._written) == 2
    assert used(application) == {"sms", "groups", "reports"}


def test_what_could_not_be_written_is_written_later_and_counted_once(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise DatabaseError("the store does not answer")

    record(application, "sms")
    with monkeypatch.context() as patched:
        patched.setattr(address_use, "add_scope_uses", fail)
        flush()
    assert (used(application), checks(application)) == (set(), 0)
    flush()
    assert (used(application), checks(application)) == ({"sms"}, 1)


def test_an_application_deleted_meanwhile_is_left_out(application: Application) -> None:
    other = make_application(application.account)[0]
    record(application, "sms")
    record(other, "sms")
    delete_application(application=other, actor=OPERATOR)
    flush()
    assert ScopeUse.objects.get().application == application


def test_many_scopes_take_as_many_statements_as_one(
    application: Application, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    record(application, "sms")
    with django_assert_max_num_queries(6) as one:
        flush()
    for number in range(50):
        record(application, f"scope{number}")
    with django_assert_max_num_queries(len(one)):
        flush()


# --- What the pages read ------------------------------------------------------------------------


def test_uses_are_in_the_order_of_the_catalogue_and_outlive_the_grant(application: Application) -> None:
    add_scope_uses({(application.pk, "sms"), (application.pk, "groups")}, MOMENT - 3 * DAY)
    kept = application.scopes.exclude(name="sms")
    every = list(application.scopes.all())
    change = {"name": Name("Orders"), "lifetime": application.lifetime, "actor": OPERATOR}
    update_application(application=application, scopes=kept, **change)  # type: ignore[arg-type]  # good values
    update_application(application=application, scopes=every, **change)  # type: ignore[arg-type]  # good values
    uses = scope_uses(application)
    assert [(grant.name, grant.last_at) for grant in uses.grants] == [
        ("sms", MOMENT - 3 * DAY),
        ("reports", None),
        ("groups", MOMENT - 3 * DAY),
        ("applications", None),
    ]
    since = {grant.name: grant.since for grant in uses.grants}
    assert since["sms"] > since["groups"], "granted again, its uses are known from then on"


def uses(days: float, last: float | None, *, age: float = 400, unnamed: float | None = None) -> ScopeUses:
    """The uses of one scope, recorded for `days`, last used `last` days ago."""
    grant = GrantUse("sms", _ago(last), MOMENT - days * DAY)
    return ScopeUses([grant], MOMENT - age * DAY, _ago(unnamed))


def _ago(days: float | None) -> datetime | None:
    return None if days is None else MOMENT - days * DAY


@pytest.mark.parametrize(
    ("found", "unused"),
    [
        (uses(90, None), True),
        (uses(89.9, None), False),  # not recorded for long enough
        (uses(400, 90), True),
        (uses(400, 89.9), False),
        (uses(400, 500), True),  # used before it was taken away and granted again
        (uses(90, None, age=89.9), False),  # a younger application
        (
            uses(400, None, unnamed=89),
            False,
        ),  # a service asked without naming a scope: it may have been this one
        (uses(400, None, unnamed=91), True),
    ],
)
def test_unused_is_what_was_not_used_in_ninety_days_that_are_known(found: ScopeUses, unused: bool) -> None:
    assert bool(found.unused(MOMENT)) is unused


def test_it_is_known_ninety_days_after_recording_began() -> None:
    assert uses(10, None).known_from == MOMENT + 80 * DAY
    assert uses(400, None, age=10).known_from == MOMENT + 80 * DAY
    assert uses(10, None).is_too_early
    assert not uses(91, None).is_too_early
