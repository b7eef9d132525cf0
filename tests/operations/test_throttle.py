"""Wrong secrets are slowed down, the right one never (security.md 17, docs/decisions/0008)."""

import time
from collections.abc import Iterator

import pytest
from django.test import Client

from applications.models import DailyUsage, Refusal
from applications.models.secrets import Overlap
from applications.operations import throttle, usage
from applications.operations.actors import OPERATOR
from applications.operations.applications import switch_application
from applications.operations.secrets import reset_secret
from applications.operations.throttle import Failures
from applications.rules.credentials import new_credential
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application
from tests.oauth.conftest import Program, Response, basic
from tests.oauth.edge import comparable, post, restrict

HERE, THERE = parse_address("192.0.2.1"), parse_address("192.0.2.2")
FEW = 3


def test_failures_count_by_address_and_client() -> None:
    failures = Failures(most=2, seconds=60)
    assert [failures.record(HERE, "a") for _time in range(2)] == [0, 0]
    assert 1 <= failures.record(HERE, "a") <= 60
    assert failures.record(THERE, "a") == 0
    assert failures.record(HERE, "b") == 0


def test_failures_are_forgotten_after_a_while() -> None:
    failures = Failures(most=1, seconds=0.05)
    assert failures.record(HERE, "a") == 0
    assert failures.record(HERE, "a") > 0
    time.sleep(0.06)
    assert failures.record(HERE, "a") == 0


def test_memory_is_bounded() -> None:
    failures = Failures(most=1, keys=2)
    for client in ("a", "b", "c"):
        failures.record(HERE, client)
    assert {client for _address, client in failures.windows} == {"b", "c"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let FEW failures be many."""
    monkeypatch.setattr(throttle.failures, "most", FEW)
    throttle.failures.forget()
    yield
    throttle.failures.forget()


@pytest.fixture
def program(db: None) -> Program:
    return Program(*make_application(make_account("Demo")))


def ask(client: Client, authorization: str, address: str = "127.0.0.1") -> Response:
    return post(client, "/oauth/token", authorization, address, grant_type="client_credentials")


def wrong(program: Program) -> str:
    return basic(program.application.application_id, new_credential())


@pytest.mark.usefixtures("few")
def test_the_right_secret_works_however_many_wrong_ones_came(client: Client, program: Program) -> None:
    statuses = [ask(client, wrong(program)).status_code for _time in range(FEW + 3)]
    assert statuses == [401] * FEW + [429] * 3
    assert ask(client, program.basic).status_code == 200
    assert ask(client, wrong(program)).status_code == 429
    assert ask(client, wrong(program), "203.0.113.9").status_code == 401


@pytest.mark.usefixtures("few")
def test_an_allowlist_that_a_process_has_not_met_yet_locks_nobody_out(
    client: Client, program: Program
) -> None:
    for _time in range(FEW + 1):
        ask(client, wrong(program))
    restrict(program.application, "127.0.0.0/8|")
    assert ask(client, program.basic).status_code == 200


@pytest.mark.usefixtures("few")
def test_the_endpoints_share_the_count(client: Client, program: Program) -> None:
    for _time in range(FEW):
        ask(client, wrong(program))
    for path in ("/oauth/introspect", "/oauth/revoke"):
        assert post(client, path, wrong(program), token="x").status_code == 429
        assert post(client, path, program.basic, token="x").status_code == 200


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("what", ["disabled", "outside the allowlist", "reset", "unknown"])
def test_the_429_is_the_same_for_every_reason(client: Client, program: Program, what: str) -> None:
    def after_many(authorization: str) -> tuple[int, bytes, dict[str, str]]:
        throttle.failures.forget()
        for _time in range(FEW):
            assert ask(client, authorization).status_code == 401
        return comparable(ask(client, authorization))

    of_wrong = after_many(wrong(program))
    assert of_wrong[0] == 429
    assert 0 < int(of_wrong[2]["Retry-After"]) <= 60
    authorization = program.basic
    if what == "disabled":
        switch_application(application=program.application, enabled=False, actor=OPERATOR)
    elif what == "outside the allowlist":
        restrict(program.application)
    elif what == "reset":
        reset_secret(application=program.application, overlap=Overlap.NOW, actor=OPERATOR)
    else:
        authorization = basic(new_credential(), program.secret)
    assert after_many(authorization) == of_wrong


@pytest.mark.usefixtures("few")
def test_beyond_the_limit_refusals_are_counted_and_not_kept(client: Client, program: Program) -> None:
    for _time in range(FEW + 4):
        ask(client, wrong(program))
    usage.flush()
    assert Refusal.objects.count() == FEW
    assert DailyUsage.objects.get(kind="wrong_secret").count == FEW + 4
