"""An application's deliveries over the API: listed page by page, sent again, and a test event."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Application, AuditEvent, Delivery
from applications.models.audit import Action
from applications.models.deliveries import State
from applications.operations import webhook_tests
from applications.operations.attempts import finish_attempts
from applications.operations.deliveries import claim_deliveries
from applications.rules.sample_events import SAMPLES
from applications.rules.webhook_events import EVENTS
from tests.api.conftest import Program, bearer, error_of
from tests.factories import make_application
from tests.webhooks import URL, Answered, came, hand_over, only, set_url

SENDER = "tests.api.test_deliveries.sender"


class Sender:
    """What sends in these tests."""

    def __init__(self) -> None:
        self.answer, self.sent = Answered(body=b'{"received":true}'), list[Any]()

    def __call__(self, **request: Any) -> Answered:
        self.sent.append(request)
        return self.answer


sender = Sender()


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    sender.__init__()  # type: ignore[misc]  # as new
    settings.WEBHOOK_SENDER = SENDER


@pytest.fixture
def sms(application: Application) -> Application:
    set_url(application)
    return application


def path(application: Application, rest: str = "deliveries") -> str:
    return f"/applications/{application.application_id}/webhooks/{rest}"


def attempted(status: int) -> None:
    jobs = claim_deliveries(most=10, most_doubtful=10)
    finish_attempts(attempts=[came(job, status) for job in jobs])


def test_deliveries_are_listed_newest_first(program: Program, sms: Application) -> None:
    hand_over(sms)
    attempted(503)
    hand_over(sms, {"msgId": "2"})
    newest, oldest = program.get(path(sms)).json()["data"]
    assert (newest["state"], newest["attempts"], newest["status"]) == ("waiting", 0, None)
    assert (oldest["state"], oldest["attempts"], oldest["status"]) == ("waiting", 1, 503)
    assert oldest["nextAttemptAt"] > oldest["createdAt"]
    assert set(newest) == {
        *("id", "event", "url", "state", "attempts", "status", "createdAt", "nextAttemptAt"),
    }
    claim_deliveries(most=10, most_doubtful=10)
    assert program.get(path(sms)).json()["data"][0]["nextAttemptAt"] is None, "it is being sent"


def test_a_page_begins_where_the_last_ended(program: Program, sms: Application) -> None:
    for number in range(5):
        hand_over(sms, {"msgId": str(number)})
    first = program.get(path(sms), data={"limit": 2}).json()
    hand_over(sms, {"msgId": "new"})
    second = program.get(path(sms), data={"limit": 2, "before": first["next"]}).json()
    third = program.get(path(sms), data={"limit": 2, "before": second["next"]}).json()
    keys = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert keys == list(Delivery.objects.order_by("-pk").values_list("key", flat=True))[1:]
    assert third["next"] is None


def test_filters(program: Program, sms: Application) -> None:
    set_url(sms, setting="optouts_callback")
    hand_over(sms)
    attempted(200)
    hand_over(sms, event="new_optout", channel="")
    by_event = program.get(path(sms), data={"event": "new_optout"}).json()["data"]
    by_state = program.get(path(sms), data={"state": "delivered"}).json()["data"]
    assert [row["event"] for row in by_event] == ["new_optout"]
    assert [row["event"] for row in by_state] == ["dlr_update"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=٣",
        "event=no",
        "event=",
        "state=",
        "limit=",
        "before=",
        "state=dead",
        "page=2",
        "state=failed&state=failed",
    ],
)
def test_what_cannot_be_listed(program: Program, sms: Application, query: str) -> None:
    status, kind, message = error_of(program.get(f"{path(sms)}?{query}"))
    assert (status, kind) == (400, "invalid_param")
    assert message.startswith(query.partition("=")[0])


@pytest.mark.parametrize("key", ["msg_" + "0" * 32, "\0", "é", "7"])
def test_what_is_no_delivery(program: Program, sms: Application, key: str) -> None:
    assert error_of(program.get(path(sms), data={"before": key}))[0] == 404
    assert program.post(path(sms, f"deliveries/{key or 'x'}/redeliver")).status_code == 404


def test_a_page_costs_the_same_for_many(program: Program, sms: Application) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(path(sms)).status_code == 200
        return len(queries)

    hand_over(sms)
    cost()  # the first use of a token is written
    few = cost()
    for number in range(30):
        hand_over(sms, {"msgId": str(number)})
    assert cost() == few


def test_one_is_sent_again(program: Program, sms: Application) -> None:
    hand_over(sms)
    attempted(200)
    response = program.post(path(sms, f"deliveries/{only().key}/redeliver"))
    assert (response.status_code, response.json()["state"]) == (202, "waiting")
    row = AuditEvent.objects.latest("pk")
    assert (row.action, row.details) == (Action.DELIVERY_REDELIVERED, {"delivery": only().key})
    attempted(200)
    assert (only().state, only().attempts) == (State.DELIVERED, 2)


def test_what_cannot_be_sent_again_says_why(program: Program, sms: Application) -> None:
    hand_over(sms)
    attempted(410)
    again = path(sms, f"deliveries/{only().key}/redeliver")
    assert error_of(program.post(again))[:2] == (409, "conflict")
    set_url(sms, "")
    assert "No URL is set" in error_of(program.post(again))[2]
    set_url(sms, URL + "/new")
    assert program.post(again).status_code == 202
    Delivery.objects.update(data="")
    assert "was not kept" in error_of(program.post(again))[2]


def test_a_test_event_is_answered_at_once(program: Program, sms: Application) -> None:
    sender.answer = Answered(204, milliseconds=184, body=b"")
    response = program.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"})
    told = response.json()
    assert (response.status_code, told["state"], told["status"], told["milliseconds"]) == (
        *(200, "delivered", 204, 184),
    )
    (request,) = sender.sent
    assert (request["url"], request["headers"]["webhook-id"]) == (URL, told["id"])
    assert only().is_test


@pytest.mark.parametrize(("status", "error"), [(500, ""), (410, ""), (None, "timeout")])
def test_a_test_event_that_fails_changes_nothing_else(
    program: Program, sms: Application, status: int | None, error: str
) -> None:
    sender.answer = Answered(status, error=error)
    told = program.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"}).json()
    assert (told["state"], told["status"], told["error"]) == ("failed", status, error)
    assert claim_deliveries(most=9, most_doubtful=9) == [], "it is not tried again"
    webhook = only().webhook
    assert (webhook.off_at, webhook.failing_since) == (None, None)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 400, "event: Say which event"),
        ({"event": "no"}, 400, "event: There is no such event."),
        ({"event": "dlr_update"}, 400, "channel: "),
        ({"event": "new_optout"}, 409, "No URL is set"),
    ],
)
def test_a_test_event_that_cannot_be_sent(
    program: Program, sms: Application, body: dict[str, Any], status: int, told: str
) -> None:
    refusal = error_of(program.post(path(sms, "test"), body or '{"channel": "sms"}'))
    assert refusal[0] == status
    assert refusal[2].startswith(told)
    assert sender.sent == []


def test_one_test_event_of_an_account_at_a_time(program: Program, sms: Application) -> None:
    with webhook_tests.turns.taken(sms.account_id):
        refusal = error_of(program.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"}))
    assert refusal[:2] == (409, "conflict")
    assert not webhook_tests.turns.accounts


def test_no_more_than_four_requests_to_a_url(program: Program, sms: Application) -> None:
    hand_over(sms)
    attempted(200)
    for number in range(5):
        hand_over(sms, *({"msgId": f"{number}-{each}"} for each in range(150)))
    assert len(claim_deliveries(most=9, most_doubtful=9)) == 4
    refusal = error_of(program.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"}))
    assert refusal[0] == 409
    assert sender.sent == []


def test_accounts_are_apart(stranger: Program, sms: Application) -> None:
    hand_over(sms)
    for response in (
        stranger.get(path(sms)),
        stranger.post(path(sms, f"deliveries/{only().key}/redeliver")),
        stranger.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"}),
    ):
        assert error_of(response)[:2] == (404, "not_found")


def test_a_delivery_of_another_application_is_not_found(program: Program, sms: Application) -> None:
    hand_over(sms)
    other = make_application(sms.account)[0]
    assert program.post(path(other, f"deliveries/{only().key}/redeliver")).status_code == 404


def test_it_takes_the_scopes_of_the_application(sms: Application) -> None:
    hand_over(sms)
    few = bearer(make_application(sms.account, scopes="applications")[0])
    assert error_of(few.post(path(sms, f"deliveries/{only().key}/redeliver")))[:2] == (403, "access_denied")
    assert error_of(few.post(path(sms, "test"), {"event": "dlr_update", "channel": "sms"}))[0] == 403


def test_there_is_a_sample_of_every_event() -> None:
    assert set(SAMPLES) == set(EVENTS)
