"""GET /metrics: what it says, and to whom."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.utils.timezone import now
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from applications import observed
from applications.models import AttemptCount, Purge
from applications.models.usage import ISSUED, Reason
from applications.observed import Event
from applications.operations import usage, usage_gathered
from applications.operations.purge import record_purge
from applications.operations.rates import Outage
from config import metric_names as names
from config import metrics
from config.gathering import gatherer
from config.totals import Totals
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import basic
from tests.oauth.edge import post
from tests.webhooks import hand_over, set_url

pytestmark = pytest.mark.django_db

NAMES = {*names.COUNTERS, *names.HISTOGRAMS, *names.GAUGES, *names.OF_DATABASE}


@pytest.fixture(autouse=True)
def from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gatherer, "totals", Totals())
    observed.events.clear()
    observed.statements.clear()


def asked(**extra: Any) -> Any:
    return Client().get("/metrics", **extra)


def ask(client_id: str, secret: str) -> Any:
    return post(Client(), "/oauth/token", basic(client_id, secret), grant_type="client_credentials")


def figures() -> dict[tuple[str, ...], float]:
    """Every figure, by its name and the values of its labels."""
    response = asked()
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(response.content.decode()))
    assert {family.name for family in families} == NAMES
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_each_metric_is_there_with_its_meaning() -> None:
    text = asked().content.decode()
    assert figures()["latchkey_tokens_issued_total",] == 0
    assert set(re.findall(r"# HELP (\w+?)(?:_total)? \w", text)) == NAMES


def test_a_token_a_check_and_a_refusal_are_counted() -> None:
    application, secret = make_application(make_account())
    token = ask(application.application_id, secret).json()["access_token"]
    Client().get("/oauth/verify?scope=sms", headers={"Authorization": f"Bearer {token}"})
    ask(application.application_id, "0" * 40)
    found = figures()
    assert found["latchkey_tokens_issued_total",] == 1
    assert found["latchkey_tokens_checked_total",] == 1
    assert found["latchkey_refusals_total", "wrong_secret"] == 1


def test_what_nobody_has_is_a_reason_of_its_own() -> None:
    ask("0" * 40, "1" * 40)
    Client().get("/account", headers={"Authorization": f"Bearer {'2' * 40}"})
    usage.flush()
    found = figures()
    assert found["latchkey_refusals_total", "unknown_credential"] == 2
    assert ("latchkey_refusals_total", "wrong_secret") not in found


def test_a_guesser_who_is_told_to_wait_is_counted_each_time() -> None:
    for _time in range(110):
        answer = ask("0" * 40, "1" * 40)
    assert answer.status_code == 429
    usage.flush()
    assert figures()["latchkey_refusals_total", "unknown_credential"] == 110


def test_a_reason_that_is_found_later_is_counted_then() -> None:
    application, _secret = make_application(make_account())
    value = "3" * 40
    make_token(application, value, issued_at=now() - timedelta(days=2))
    Client().get("/account", headers={"Authorization": f"Bearer {value}"})
    usage.flush()
    assert figures()["latchkey_refusals_total", Reason.TOKEN_EXPIRED.value] == 1


def test_rows_that_are_not_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MAX_REFUSALS", 2)
    monkeypatch.setattr(usage_gathered, "MAX_ADDRESSES", 1)
    application, _secret = make_application(make_account())
    for number in range(5):
        usage.record_refusal(application.pk, Reason.SCOPE, ip="192.0.2.1", request_id=str(number))
        usage.record_address_use("application", application.pk + number, None)
    found = figures()
    assert found["latchkey_usage_rows_lost_total", "refusals"] == 3
    assert found["latchkey_usage_rows_lost_total", "addresses"] == 4


def test_what_an_alert_waits_for_is_told_before_it_happens() -> None:
    """Prometheus sees no increase in a series that begins with its first number."""
    found = figures()
    assert found["latchkey_usage_rows_lost_total", "refusals"] == 0
    assert found["latchkey_usage_rows_lost_total", "addresses"] == 0


def test_rows_that_are_given_back_beyond_the_limit_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database was away for long: what it did not take stays, as far as there is room."""
    application, _secret = make_application(make_account())
    monkeypatch.setattr(usage, "MAX_REFUSALS", 3)

    def refuse(first: int) -> None:
        for number in range(first, first + 2):
            usage.record_refusal(application.pk, Reason.SCOPE, ip="192.0.2.1", request_id=str(number))

    refuse(0)
    taken = usage.recorder.take()
    refuse(2)
    usage.recorder.give_back(taken)
    assert figures()["latchkey_usage_rows_lost_total", "refusals"] == 1


def test_a_cache_that_fails_is_counted() -> None:
    Outage().begin(ConnectionError("refused"))
    assert figures()["latchkey_cache_errors_total",] == 1


def test_webhooks_that_wait_and_the_oldest() -> None:
    application, _secret = make_application(make_account())
    set_url(application)
    assert figures()["latchkey_webhooks_waiting",] == 0
    hand_over(application)
    AttemptCount.objects.create(outcome="5xx", number=7)
    found = figures()
    assert found["latchkey_webhooks_waiting",] == 1
    assert 0 <= found["latchkey_webhooks_oldest_seconds",] < 60
    assert found["latchkey_webhook_attempts_total", "5xx"] == 7


def test_the_last_purge() -> None:
    assert ("latchkey_last_purge_timestamp_seconds",) not in figures()
    record_purge()
    call_command("purge", stdout=StringIO())
    assert Purge.objects.count() == 1
    assert figures()["latchkey_last_purge_timestamp_seconds",] == pytest.approx(now().timestamp(), abs=60)


def test_it_answers_while_the_database_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(metrics, "waiting", away)
    usage.record_event(1, ISSUED)
    text = asked().content.decode()
    assert "latchkey_database_up 0.0" in text
    assert "latchkey_tokens_issued_total 1.0" in text


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.9.9.9", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}, 403),
        # A proxy on this machine that TRUSTED_PROXIES does not name: the client is somebody else.
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 403),
        # A trusted proxy says for whom it asks; what is left of that, the client has written.
        ("10.9.8.7", {"X-Forwarded-For": "127.0.0.1"}, 200),
        ("10.9.8.7", {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}, 403),
        ("10.9.8.7", {"X-Forwarded-For": "nonsense"}, 403),
        ("10.9.8.7", {}, 403),
    ],
)
def test_by_default_this_machine_alone_may_ask(
    peer: str, headers: dict[str, str], status: int, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = ["10.9.8.0/24"]
    response = asked(REMOTE_ADDR=peer, headers=headers)
    assert response.status_code == status
    if status == 403:
        assert b"METRICS_ALLOWED" in response.content
        assert b"latchkey_" not in response.content


def test_other_networks_may_be_allowed(settings: Settings) -> None:
    settings.METRICS_ALLOWED = ["192.0.2.0/24"]
    assert asked(REMOTE_ADDR="192.0.2.7").status_code == 200
    assert asked(REMOTE_ADDR="127.0.0.1").status_code == 403
    settings.METRICS_ALLOWED = []
    assert asked(REMOTE_ADDR="127.0.0.1").status_code == 403


def test_prometheus_asks_by_address_and_over_http(settings: Settings) -> None:
    """What clients may not: it has no credential that somebody could read on the way."""
    settings.ALLOWED_HOSTS = ["latchkey.example"]
    settings.SECURE_SSL_REDIRECT = True
    response = asked(headers={"Host": "10.0.0.5:8000"})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["X-Request-Id"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(method: str) -> None:
    response = getattr(Client(), method)("/metrics")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_no_label_tells_who_a_client_is() -> None:
    application, secret = make_application(make_account())
    ask(application.application_id, secret)
    text = asked().content.decode()
    assert application.application_id not in text
    assert secret not in text
    assert Event.TOKENS_ISSUED in text
