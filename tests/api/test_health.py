"""GET /health/live and /health/ready."""

import pytest
from django.core.cache import caches
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from applications.models import RateCount
from applications.operations import rates, readiness
from applications.operations.rates import Outage

WELL = {"database": "ok", "migrations": "ok", "cache": "ok"}


def test_a_live_process_says_so_and_asks_nobody() -> None:
    response = Client().get("/health/live")  # no database here: a query would fail
    assert (response.status_code, response.json()) == (200, {"status": "live"})
    assert response["Cache-Control"] == "no-store"


def test_a_server_that_can_work_is_ready_and_leaves_no_row(db: None) -> None:
    response = Client().get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": WELL})
    assert not RateCount.objects.exists()


def test_probes_name_no_host_of_ours_come_over_http_and_have_no_limit(db: None, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.HTTPS, settings.RATE_LIMIT = "https://latchkey.example", True, 1
    for path in ("/health/live", "/health/ready"):
        for _number in range(3):
            response = Client(headers={"host": "10.1.2.3:8000"}).get(path)
            assert response.status_code == 200
            assert "X-Rate-Limit-Limit" not in response


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_only_reading_is_understood(path: str, db: None) -> None:
    assert Client().head(path).status_code == 200
    response = Client().post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert Client().get("/health/x").status_code == 404


@pytest.mark.owner
def test_a_migration_that_is_missing_is_named_and_one_of_a_newer_version_is_none(db: None) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("applications", "9999_of_a_newer_version")
    assert Client().get("/health/ready").status_code == 200
    recorder.record_unapplied("applications", "0013_refusals")
    response = Client().get("/health/ready")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    checks = response.json()["checks"]
    assert checks == {**WELL, "migrations": "Not applied: applications.0013_refusals."}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("_ask", "The database does not answer."),
        ("_write", "The database answers, but cannot be written."),
    ],
)
def test_a_database_that_fails_is_told_without_its_error(
    broken: str, said: str, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> str:
        raise OperationalError("connection to 10.0.0.7, user latchkey, password hunter2 failed")

    monkeypatch.setattr(readiness, broken, fails)
    response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json() == {"status": "not ready", "checks": {"database": said, "cache": "ok"}}
    assert said in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_is_found_by_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        only_reading = {
            "sqlite": "PRAGMA query_only = 1",
            "postgresql": "SET default_transaction_read_only = on",
        }
        again = {"sqlite": "PRAGMA query_only = 0", "postgresql": "SET default_transaction_read_only = off"}
        cursor.execute(only_reading[connection.vendor])
        try:
            found = readiness.readiness()["database"]
        finally:
            cursor.execute(again[connection.vendor])
    assert found == "The database answers, but cannot be written."


def test_a_cache_that_does_not_answer_is_named(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {**settings.CACHES, "rates": {"BACKEND": "tests.api.test_rates.Broken"}}
    monkeypatch.setattr(rates, "outage", Outage())
    response = Client().get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {**WELL, "cache": "The cache does not answer."}
    settings.CACHES = {
        **settings.CACHES,
        "rates": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    assert caches["rates"].get("health") is None
    assert Client().get("/health/ready").status_code == 200


def test_it_costs_few_queries_once_the_files_are_read(db: None) -> None:
    readiness.readiness()
    with CaptureQueriesContext(connection) as queries:
        readiness.readiness()
    assert len(queries) <= 7
