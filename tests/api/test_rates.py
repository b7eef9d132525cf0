"""The limits of requests a minute: per credential, else per address, counted exactly among processes."""

import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import time_machine
from django.core.cache import caches
from django.db import OperationalError, connection, connections
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from applications.api.rates import count_refused_address
from applications.api.urls import urlpatterns
from applications.authentication.clients import AddressNotAllowed
from applications.models import Account, APIKey, Application, RateCount
from applications.operations import rates
from applications.operations.actors import OPERATOR
from applications.operations.rates import Outage, count_api_request, sweeper
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from tests.api.conftest import Program, bearer, error_of, with_api_key
from tests.factories import make_application
from tests.oauth.conftest import FORM, GRANT, Response, basic
from tests.servers import Served, free_port, stop

LIMIT = 3
NOON = datetime(2026, 11, 24, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def limited(settings: Settings) -> Iterator[time_machine.Traveller]:
    """Three requests a minute, and a clock that stands 20 s into one."""
    settings.RATE_LIMIT = LIMIT
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def rate_of(response: Response) -> tuple[int, str, str, str | None]:
    """Status and headers: limit, remaining, reset."""
    headers = response.headers
    return (
        response.status_code,
        headers["X-Rate-Limit-Limit"],
        headers["X-Rate-Limit-Remaining"],
        headers.get("X-Rate-Limit-Reset"),
    )


def test_every_answer_says_what_is_left(limited: time_machine.Traveller, program: Program) -> None:
    left = [rate_of(program.get("/account")) for _number in range(LIMIT)]
    assert left == [(200, "3", "2", None), (200, "3", "1", None), (200, "3", "0", None)]


def test_one_too_many(limited: time_machine.Traveller, program: Program) -> None:
    for _number in range(LIMIT):
        program.get("/account")
    refused = program.get("/account")
    assert rate_of(refused) == (429, "3", "0", str(int(NOON.timestamp()) + 40))
    assert refused["Retry-After"] == "40"
    assert error_of(refused) == (429, "rate_limit_exceeded", "At most 3 requests a minute are answered.")
    assert {"X-Request-Id", "X-Response-Time"} <= set(refused.headers)
    limited.shift(timedelta(seconds=39))
    assert program.get("/account").status_code == 429
    limited.shift(timedelta(seconds=1))
    assert rate_of(program.get("/account")) == (200, "3", "2", None)


def test_a_refused_change_changes_nothing(limited: time_machine.Traveller, program: Program) -> None:
    for _number in range(LIMIT):
        program.get("/account")
    assert program.post("/applications", {"scopes": "sms"}).status_code == 429
    assert Application.objects.count() == 1


def test_two_tokens_of_an_application_share_and_others_do_not(
    limited: time_machine.Traveller, application: Application, account: Account
) -> None:
    first, second = bearer(application), bearer(application)
    assert rate_of(first.get("/account"))[2] == "2"
    assert rate_of(second.get("/account"))[2] == "1"
    for other in (bearer(make_application(account, scopes="account")[0]), with_api_key(account)):
        assert rate_of(other.get("/account"))[2] == "2"
    assert rate_of(with_api_key(account).get("/account"))[2] == "2"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/account", {}, 401),
        ("/account", {"Authorization": "Bearer " + "0" * 40}, 401),
        ("/account", {"X-API-KEY": "0" * 40}, 401),
        ("/applications/nothing/here", {}, 404),
        ("/openapi.json", {}, 200),
    ],
)
def test_without_a_credential_the_address_counts(
    path: str, headers: dict[str, str], status: int, limited: time_machine.Traveller, program: Program
) -> None:
    unknown = Program(headers)
    assert [rate_of(unknown.get(path))[::2] for _number in range(LIMIT)] == [
        (status, "2"),
        (status, "1"),
        (status, "0"),
    ]
    refused = unknown.get(path)
    assert (refused.status_code, refused["Retry-After"]) == (429, "40")
    assert rate_of(unknown.get(path, REMOTE_ADDR="203.0.113.9"))[::2] == (status, "2")
    assert program.get("/account").status_code == 200  # whoever floods does not lock others out


# --- Whose a refusal is ---

EVERY_VIEW = [
    ("GET", "/account"),
    ("GET", "/applications"),
    ("POST", "/applications"),
    ("GET", "/applications/scopes"),
    ("GET", "/applications/{id}"),
    ("PATCH", "/applications/{id}"),
    ("DELETE", "/applications/{id}"),
    ("POST", "/applications/{id}/secret"),
    ("POST", "/applications/{id}/tokens/revoke"),
    ("POST", "/applications/{id}/webhooks/secret"),
    ("GET", "/applications/{id}/allowed-ips"),
    ("POST", "/applications/{id}/allowed-ips"),
    ("GET", "/applications/{id}/webhooks/deliveries"),
    ("POST", "/applications/{id}/webhooks/deliveries/<str:delivery_id>/redeliver"),
    ("POST", "/applications/{id}/webhooks/test"),
    ("GET", "/account/allowed-ips"),
    ("DELETE", "/account/allowed-ips"),
    ("POST", "/messages/preview"),
]


def counted() -> dict[str, int]:
    return dict(RateCount.objects.values_list("client", "requests"))


def test_every_view_is_among_those() -> None:
    described = {str(pattern.pattern) for pattern in urlpatterns} - {
        *("openapi.json", "credentials/revoke", "events", "health/live", "health/ready")
    }
    assert {path.replace("{id}", "<str:application_id>")[1:] for _method, path in EVERY_VIEW} == described


@pytest.mark.parametrize(("method", "path"), EVERY_VIEW)
def test_a_scope_that_is_missing_counts_for_the_credential(
    method: str, path: str, limited: time_machine.Traveller, account: Account, application: Application
) -> None:
    path = path.replace("{id}", application.application_id)
    other, _secret = make_application(account, scopes="groups")
    key = with_api_key(account, "groups")
    for client in (bearer(other), key):
        left = [rate_of(client.send(method, path, ""))[::2] for _number in range(LIMIT + 1)]
        assert left == [(403, "2"), (403, "1"), (403, "0"), (429, "0")]
    assert counted() == {
        f"application:{other.pk}": LIMIT + 1,
        f"api_key:{APIKey.objects.get().pk}": LIMIT + 1,
    }
    assert Program({}).send(method, path, "").status_code == 401


@pytest.mark.parametrize(("method", "path"), EVERY_VIEW)
def test_an_address_that_is_not_allowed_counts_for_the_credential_there_and_for_nobody_else(
    method: str, path: str, limited: time_machine.Traveller, account: Account, application: Application
) -> None:
    path = path.replace("{id}", application.application_id)
    token, key = bearer(application), with_api_key(account)
    Account.objects.update(allowlist="203.0.113.0/24")
    Application.objects.update(allowlist="203.0.113.0/24|")
    for client in (token, key):
        left = [rate_of(client.send(method, path, ""))[::2] for _number in range(LIMIT + 1)]
        assert left == [(403, "2"), (403, "1"), (403, "0"), (429, "0")]
    assert counted() == {
        f"application:{application.pk}@127.0.0.1": LIMIT + 1,
        f"api_key:{APIKey.objects.get().pk}@127.0.0.1": LIMIT + 1,
    }
    assert Program({}).send(method, path, "").status_code == 401
    assert token.get("/account", REMOTE_ADDR="203.0.113.9").status_code == 200
    assert key.get("/account", REMOTE_ADDR="203.0.113.9").status_code == 200


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("POST", {"text": 7}, 400),
        ("POST", {"unknown": 1}, 400),
        ("POST", "{", 400),
        ("POST", {"text": "x"}, 400),  # no applicationId
        ("POST", {"text": "x", "applicationId": "0" * 40}, 404),
        ("GET", "", 405),
        ("POST", "x" * 70_000, 413),
    ],
)
def test_what_a_resource_server_gets_wrong_counts_for_it_and_what_it_gets_right_has_no_limit(
    method: str, body: object, status: int, limited: time_machine.Traveller, application: Application
) -> None:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    platform = Program({"Authorization": basic(server.server_id, secret)})
    left = [rate_of(platform.send(method, "/messages/preview", body))[::2] for _number in range(LIMIT + 1)]
    assert left == [(status, "2"), (status, "1"), (status, "0"), (429, "0")]
    assert counted() == {f"resource_server:{server.pk}": LIMIT + 1}
    assert Program({}).post("/messages/preview", "").status_code == 401
    good = {"text": "x", "applicationId": application.application_id}
    assert platform.post("/messages/preview", good).status_code == 200


def test_an_unknown_resource_server_counts_for_its_address(limited: time_machine.Traveller, db: None) -> None:
    unknown = Program({"Authorization": basic("0" * 40, "0" * 40)})
    assert unknown.post("/messages/preview", "").status_code == 401
    assert counted() == {"address:127.0.0.1": 1}


@pytest.mark.parametrize(("number", "address"), [(2**63 - 1, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")])
def test_the_longest_name_is_kept(
    number: int, address: str, limited: time_machine.Traveller, rf: RequestFactory, db: None
) -> None:
    request = rf.get("/account", REMOTE_ADDR=address)
    count_refused_address(request, AddressNotAllowed(application_pk=number))
    assert counted() == {f"application:{number}@2001:db8:ffff:ffff::/64": 1}


def test_a_network_of_ipv6_is_one_place(limited: time_machine.Traveller, db: None) -> None:
    for number in range(LIMIT):
        Program({}).get("/account", REMOTE_ADDR=f"2001:db8:0:1::{number}")
    assert Program({}).get("/account", REMOTE_ADDR="2001:db8:0:1:ffff::1").status_code == 429
    assert Program({}).get("/account", REMOTE_ADDR="2001:db8:0:2::1").status_code == 401
    assert set(RateCount.objects.values_list("client", flat=True)) == {
        "address:2001:db8:0:1::/64",
        "address:2001:db8:0:2::/64",
    }


def test_the_oauth_endpoints_have_no_limit(limited: time_machine.Traveller, account: Account) -> None:
    client, secret = make_application(account, scopes="sms")
    headers = {"Authorization": basic(client.application_id, secret)}
    for _number in range(LIMIT + 2):
        response = Client().post("/oauth/token", GRANT, FORM, headers=headers)
        assert response.status_code == 200
        assert "X-Rate-Limit-Limit" not in response.headers
        assert Client().get("/oauth/verify?scope=sms").status_code == 401


def test_no_limit(settings: Settings, program: Program) -> None:
    settings.RATE_LIMIT = 0
    program.get("/account")
    with CaptureQueriesContext(connection) as queries:
        response = program.get("/account")
    assert not any("ratecount" in query["sql"] for query in queries)
    assert not [name for name in response.headers if name.startswith("X-Rate")]


def test_counting_takes_one_statement(limited: time_machine.Traveller, program: Program) -> None:
    program.get("/account")
    with CaptureQueriesContext(connection) as queries:
        program.get("/account")
    assert len([query for query in queries if "ratecount" in query["sql"]]) == 1


def test_clients_who_do_not_come_back_are_swept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "swept", 0)
    moment = NOON.timestamp()
    assert [
        count_api_request("address:192.0.2.1", moment),
        count_api_request("address:192.0.2.1", moment),
    ] == [1, 2]
    count_api_request("application:1", moment + 2 * 3600)
    assert list(RateCount.objects.values_list("client", flat=True)) == ["application:1"]


def test_another_cache_counts_too(settings: Settings) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "rates": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    moment = NOON.timestamp()
    assert [count_api_request("application:7", moment) for _number in range(3)] == [1, 2, 3]
    assert count_api_request("application:7", moment + 60) == 1
    assert count_api_request("application:8", moment) == 1
    caches["rates"].clear()


def test_while_the_cache_does_not_answer_good_credentials_have_no_limit_and_the_database_counts_the_rest(
    settings: Settings, program: Program, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT = LIMIT
    settings.CACHES = {**settings.CACHES, "rates": {"BACKEND": "tests.api.test_rates.Broken"}}
    monkeypatch.setattr("applications.operations.rates.outage", Outage())
    statuses = [program.get("/account").status_code for _number in range(LIMIT + 2)]
    assert statuses == [200] * (LIMIT + 2)
    wrong = [Client().get("/account").status_code for _number in range(LIMIT + 2)]
    assert wrong == [401] * LIMIT + [429] * 2
    assert len([record for record in caplog.records if "cache does not answer" in record.message]) == 1


class Broken:
    """A cache whose server is gone."""

    def __init__(self, *_arguments: object) -> None:
        pass

    def incr(self, key: str) -> int:
        raise ConnectionError(key)

    def close(self, **_more: object) -> None:
        pass


def test_a_store_that_does_not_answer_is_503_and_not_429(
    settings: Settings, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT = LIMIT

    def gone(*_arguments: object) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(rates, "count_request", gone)
    response = program.get("/account")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert rate_of(response)[1:] == ("3", "3", None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_threads_at_once_are_counted_one_by_one() -> None:
    def ask(_number: int) -> int:
        try:
            return count_api_request("application:1", NOON.timestamp())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(ask, range(200)))
    assert sorted(numbers) == list(range(1, 201))


# --- Two processes -------------------------------------------------------------------------------------

SERVED_LIMIT = 40


@pytest.fixture(params=["database", "redis"])
def cache_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each cache that counts exactly; a Redis of one's own."""
    if request.param == "database":
        yield "dbcache://latchkey_cache"
        return
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None or find_spec("redis") is None:
        pytest.skip("needs a redis-server or valkey-server, and the package redis")
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with (tmp_path / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    yield f"redis://127.0.0.1:{port}/0"
    stop(process)


@pytest.mark.served
def test_two_processes_share_the_limit(cache_url: str, tmp_path: Path) -> None:
    served = Served(tmp_path, RATE_LIMIT=str(SERVED_LIMIT), CACHE_URL=cache_url)
    try:
        served.manage("create_account", "Demo", "--owner", "owner@demo.example")
        made = json.loads(served.manage("create_api_key", "--account", "Demo", "--json"))
        key = next(value for value in made.values() if isinstance(value, str) and len(value) == 40)
        if time.time() % 60 > 45:
            time.sleep(60 - time.time() % 60)
        started = threading.Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(lambda _number: ask_for(served.url, key, started, 10), range(8)))
    finally:
        served.stop()
    answers = [answer for answered in numbers for answer in answered]
    assert sorted(left for status, left in answers if status == 200) == list(range(SERVED_LIMIT))
    assert [left for status, left in answers if status == 429] == [0] * (80 - SERVED_LIMIT)


def ask_for(url: str, key: str, started: threading.Barrier, times: int) -> list[tuple[int, int]]:
    """Status, and how many are left, of so many calls."""
    started.wait()
    answers = []
    for _number in range(times):
        request = urllib.request.Request(f"{url}/applications/scopes", headers={"X-API-KEY": key})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answers.append((answer.status, int(answer.headers["X-Rate-Limit-Remaining"])))
        except urllib.error.HTTPError as error:
            answers.append((error.code, int(error.headers["X-Rate-Limit-Remaining"])))
            error.close()
    return answers
