"""Deliveries on the Webhooks tab: the list, one with its requests and answers, and sending again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from applications.models import Application, AuditEvent, Delivery, Redelivery
from applications.models.audit import Action
from applications.models.deliveries import State
from applications.operations.actors import OPERATOR
from applications.operations.attempts import finish_attempts
from applications.operations.deliveries import claim_deliveries
from applications.operations.message_settings import update_message_settings
from applications.operations.redelivery import carry_on_redelivery
from applications.operations.webhooks import set_webhook_options
from applications.panel import deliveries
from tests.factories import make_application
from tests.panel.addresses import of
from tests.panel.pages import text
from tests.webhooks import came, hand_over, only, set_url


@pytest.fixture
def sms(application: Application) -> Application:
    set_url(application)
    return application


def listed(client: Client, application: Application, **query: Any) -> list[str]:
    """The ids of the deliveries on the page, in its order."""
    answer = client.get(of(application, "webhooks"), query)
    assert answer.status_code == 200
    return [row.delivery.key for row in answer.context["rows"]]


def shown(client: Client, application: Application, **query: Any) -> str:
    return text(client.get(of(application, "delivery", only().key), query))


def attempted(status: int | None, error: str = "", **more: Any) -> None:
    jobs = claim_deliveries(most=100, most_doubtful=100)
    finish_attempts(attempts=[came(job, status, error, **more) for job in jobs])


def let_fail(application: Application, number: int = 1) -> None:
    """Let new deliveries fail for good."""
    for place in range(number):
        hand_over(application, {"msgId": f"failed {place}"})
    Delivery.objects.filter(state=State.WAITING).update(
        state=State.FAILED,
        end_reason="given_up",
        next_attempt_at=None,
        ended_at=now(),
        attempts=9,
        status=500,
    )


# --- The list -----------------------------------------------------------------------------------


def test_the_newest_first_page_by_page(
    alice: Client, sms: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "PER_PAGE", 2)
    for number in range(5):
        hand_over(sms, {"msgId": str(number)})
    newest = list(Delivery.objects.order_by("-pk").values_list("key", "pk"))
    keys = [key for key, _pk in newest]
    assert listed(alice, sms) == keys[:2]
    assert listed(alice, sms, before=newest[1][1]) == keys[2:4]
    page = text(alice.get(of(sms, "webhooks"), {"before": newest[3][1]}))
    assert keys[4] in page
    assert ">Older<" not in page
    assert "Newest" in page
    assert "Older" in text(alice.get(of(sms, "webhooks")))


def test_filters(alice: Client, sms: Application) -> None:
    set_url(sms, setting="optouts_callback")
    hand_over(sms)
    attempted(200)
    good = only().key
    hand_over(sms, event="new_optout", channel="")
    optout = Delivery.objects.get(event="new_optout").key
    let_fail(sms)
    failed = Delivery.objects.exclude(key__in=[good, optout]).get().key
    Delivery.objects.filter(key=good).update(
        created_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    )  # March 2, Warsaw
    assert listed(alice, sms, event="new_optout") == [optout]
    assert listed(alice, sms, state="delivered") == [good]
    assert listed(alice, sms, state="failed") == [failed, optout]
    assert listed(alice, sms, q=good) == listed(alice, sms, q=good[4:14].upper()) == [good]
    assert listed(alice, sms, first="2026-03-02", last="2026-03-02") == [good]
    assert listed(alice, sms, last="2026-03-01") == []
    assert listed(alice, sms, first=now().date().isoformat()) == [failed, optout]
    assert "No delivery matches these filters." in text(alice.get(of(sms, "webhooks"), {"state": "waiting"}))


@pytest.mark.parametrize(
    "query",
    [
        {"event": "no_such"},
        {"state": "lost"},
        {"first": "yesterday"},
        {"before": "-1"},
        {"before": "9" * 30},
        {"q": "a" * 41},
    ],
)
def test_what_does_not_fit_counts_as_not_said(query: dict[str, str], alice: Client, sms: Application) -> None:
    hand_over(sms)
    assert listed(alice, sms, **query) == [only().key]


@pytest.mark.parametrize("query", [{"first": "9999-12-31"}, {"last": "0001-01-01"}, {"q": "a\x00b"}])
def test_what_matches_nothing(query: dict[str, str], alice: Client, sms: Application) -> None:
    hand_over(sms)
    assert listed(alice, sms, **query) in ([], [only().key])


def test_a_row_says_what_came_of_each_attempt(alice: Client, sms: Application) -> None:
    hand_over(sms, {"msgId": "1"}, {"msgId": "2"})
    attempted(503)
    Delivery.objects.update(next_attempt_at=now() - timedelta(seconds=1))
    attempted(None, "timeout")
    answer = alice.get(of(sms, "webhooks"))
    (row,) = answer.context["rows"]
    assert (row.marks, row.more, row.result) == ([False, False], 0, "No answer in time")
    assert "No answer in time, waiting" in text(answer)
    assert "×2" in text(answer)
    Delivery.objects.update(next_attempt_at=now() - timedelta(seconds=1))
    attempted(200)
    (row,) = alice.get(of(sms, "webhooks")).context["rows"]
    assert (row.marks, row.result) == ([False, False, True], "200")


def test_only_the_latest_attempts_are_drawn(alice: Client, sms: Application) -> None:
    hand_over(sms)
    for _attempt in range(7):
        Delivery.objects.update(next_attempt_at=now() - timedelta(seconds=1))
        attempted(500)
    (row,) = alice.get(of(sms, "webhooks")).context["rows"]
    assert (len(row.marks), row.more) == (5, 2)


# --- One delivery -------------------------------------------------------------------------------


def test_a_delivery_shows_what_was_sent_and_what_came_back(alice: Client, sms: Application) -> None:
    set_url(sms, "https://hooks.example.com:8443/dlr?key=1")
    hand_over(sms, {"msgId": "Zażółć 😀"})
    attempted(200, answer=b'{"taken":true}')
    page = shown(alice, sms)
    assert "POST /dlr?key=1 HTTP/1.1 host: hooks.example.com:8443" in page
    assert f"webhook-id: {only().key}" in page
    assert '"msgId": "Zażółć 😀"' in page
    assert 'HTTP/1.1 200 OK X-A: b {"taken":true}' in page
    assert "with 1 object, to" in page
    assert "Delivered" in page
    assert "Kept until" in page
    assert 'Connected to</dt><dd><code class="bare">203.0.113.80:443</code>' in page


def test_another_attempt_is_shown_when_asked_for(alice: Client, sms: Application) -> None:
    hand_over(sms)
    attempted(503, answer=b"first")
    Delivery.objects.update(next_attempt_at=now() - timedelta(seconds=1))
    attempted(None, "tls", answer=b"")
    latest = shown(alice, sms)
    assert "the certificate is not valid" in latest
    assert "first" not in latest
    assert '<a href="?attempt=1">503 Service Unavailable</a>' in latest
    assert "HTTP/1.1 503 Service Unavailable X-A: b first" in shown(alice, sms, attempt="1")
    assert shown(alice, sms, attempt="7").count("shown here") == 1


def test_before_the_first_attempt(alice: Client, sms: Application) -> None:
    hand_over(sms)
    page = shown(alice, sms)
    assert "None so far." in page
    assert "POST /dlr HTTP/1.1 host: hooks.example.com" in page
    assert 'id="answer-title"' not in page
    claim_deliveries(most=1, most_doubtful=1)
    assert "Being sent now" in shown(alice, sms)


@pytest.mark.parametrize(
    "data",
    [
        '{"text":"\\ud800"}',
        "[" * 2_000 + "]" * 2_000,
        '{"text":"' + "a" * 150_000 + '"}',
        '{"text":"</code><script>"}',
    ],
)
def test_any_body_can_be_shown(data: str, alice: Client, sms: Application) -> None:
    hand_over(sms)
    Delivery.objects.update(data=data)
    answer = alice.get(of(sms, "delivery", only().key))
    assert answer.status_code == 200
    assert b"<script>" not in answer.content


def test_what_was_not_kept_is_said_to_be_so(alice: Client, sms: Application) -> None:
    set_webhook_options(application=sms, keeps_bodies=False, actor=OPERATOR)
    hand_over(sms)
    attempted(200, answer=b"secret words")
    page = shown(alice, sms)
    assert "(The body was not kept.)" in page
    assert "(The answer was not kept.)" in page
    assert "secret words" not in page


def test_why_a_delivery_failed(alice: Client, sms: Application) -> None:
    hand_over(sms)
    attempted(410)
    page = shown(alice, sms)
    assert "410 Gone" in page
    assert "The receiver answered 410 (Gone), so the URL was switched off" in page


def test_a_delivery_of_another_application_is_not_found(alice: Client, sms: Application) -> None:
    hand_over(sms)
    other, _secret = make_application(sms.account, name="Other")
    for key in (only().key, "msg_unknown", "ż"):
        assert alice.get(of(other, "delivery", key)).status_code == 404
        assert alice.post(of(other, "delivery_redeliver", key)).status_code == 404


# --- Sending again ------------------------------------------------------------------------------


def redeliver(client: Client, application: Application) -> str:
    return text(client.post(of(application, "delivery_redeliver", only().key), follow=True))


def test_one_is_sent_again(alice: Client, sms: Application) -> None:
    let_fail(sms)
    assert "It is sent again now." in redeliver(alice, sms)
    assert only().state == State.WAITING
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor) == (Action.DELIVERY_REDELIVERED, "alice@marlowe.example")


def test_one_that_cannot_be_sent_again_says_why(alice: Client, sms: Application) -> None:
    let_fail(sms)
    update_message_settings(application=sms, changes={"sms_dlr_callback": ""}, actor=OPERATOR)
    assert "No URL is set for this event." in redeliver(alice, sms)
    Delivery.objects.update(data="")
    assert "What was sent was not kept" in redeliver(alice, sms)
    assert only().state == State.FAILED


def since(days: int = 0) -> dict[str, str]:
    return {"day": (now() - timedelta(days=days)).date().isoformat(), "clock": ""}


def test_all_that_failed_are_counted_then_sent_again(alice: Client, sms: Application) -> None:
    let_fail(sms, 3)
    Delivery.objects.filter(pk=Delivery.objects.last().pk).update(created_at=now() - timedelta(days=9))  # type: ignore[union-attr]
    address = of(sms, "webhooks_redeliver")
    assert "Count them" in text(alice.get(address))
    page = text(alice.get(address, since(5)))
    assert "Redeliver 2 failed deliveries?" in page
    assert Delivery.objects.filter(state=State.WAITING).count() == 0, "asking changes nothing"
    page = text(alice.post(address, since(5), follow=True))
    assert "2 failed deliveries are sent again." in page
    assert "0 of 2 queued, ordered by alice@marlowe.example" in page
    assert "data-refresh" in page
    assert "already" in text(alice.post(address, since(5), follow=True)), "a double click makes one order"
    while carry_on_redelivery():
        pass
    page = text(alice.get(of(sms, "webhooks")))
    assert "2 failed deliveries, taken in since" in page
    assert "data-refresh" not in page
    assert Delivery.objects.filter(state=State.WAITING).count() == 2
    Redelivery.objects.update(ended_at=now() - timedelta(days=2))
    assert "were queued again" not in text(alice.get(of(sms, "webhooks")))


def test_nothing_to_send_again(alice: Client, sms: Application) -> None:
    page = text(alice.get(of(sms, "webhooks_redeliver"), since(1)))
    assert "Nothing to redeliver" in page
    assert "Redeliver them" not in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"day": "2999-01-01", "clock": ""}, "Choose a time in the past."),
        ({"day": "0001-01-01", "clock": ""}, "Choose a time in the past."),
        ({"day": "soon", "clock": ""}, "Enter a valid date."),
        ({"day": "2026-01-01", "clock": "25:00"}, "is from 00:00 to 23:59"),
    ],
)
def test_a_time_that_cannot_be_meant(
    query: dict[str, str], words: str, alice: Client, sms: Application
) -> None:
    let_fail(sms)
    for answer in (
        alice.get(of(sms, "webhooks_redeliver"), query),
        alice.post(of(sms, "webhooks_redeliver"), query),
    ):
        assert answer.status_code == 422
        assert words in text(answer)
    assert not Redelivery.objects.exists()


def test_the_time_is_of_the_account(alice: Client, sms: Application) -> None:
    """Warsaw is an hour ahead of UTC in March."""
    let_fail(sms)
    Delivery.objects.update(created_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    address = of(sms, "webhooks_redeliver")
    assert "Redeliver 1 failed delivery?" in text(alice.get(address, {"day": "2026-03-02", "clock": "9:30"}))
    assert "Nothing to redeliver" in text(alice.get(address, {"day": "2026-03-02", "clock": "9:31"}))
