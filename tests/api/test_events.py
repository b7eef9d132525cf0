"""POST /events: what a resource server hands over is stored before it is answered, once, or refused in clear words."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections

from applications.models import Application, Delivery, EventKey, ResourceServer
from applications.operations.actors import OPERATOR
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from applications.rules.webhook_events import EVENTS, events_of, route
from tests.api.conftest import Program, error_of
from tests.oauth.conftest import Response
from tests.webhooks import set_url

PATH = "/events"


def platform(name: str = "SMS gateway") -> Program:
    server, secret = create_resource_server(name=Name(name), actor=OPERATOR)
    pair = base64.b64encode(f"{server.server_id}:{secret}".encode()).decode()
    return Program({"Authorization": f"Basic {pair}"})


@pytest.fixture
def server(db: None) -> Program:
    """A resource server."""
    return platform()


@pytest.fixture
def sms(application: Application) -> Application:
    """An application with a URL for delivery reports of SMS."""
    set_url(application)
    return application


def batch(application: Application, *data: Any, **more: Any) -> dict[str, Any]:
    whole = {"applicationId": application.application_id, "channel": "sms", "event": "dlr_update"}
    return {**whole, "data": list(data) or [{"msgId": "1"}], **more}


def post(server: Program, body: Any, key: str = "") -> Response:
    headers = {**server.headers, **({"Idempotency-Key": key} if key else {})}
    return Program(headers, server.client).post(PATH, body)


# --- What is taken ------------------------------------------------------------------------------


def test_events_are_stored_before_they_are_answered(server: Program, sms: Application) -> None:
    response = post(server, batch(sms, *({"msgId": str(number)} for number in range(1000))))
    assert (response.status_code, response.json()) == (202, {"accepted": 1000, "deliveries": 5})
    assert Delivery.objects.count() == 5


def test_what_is_sent_nowhere_says_why(server: Program, application: Application) -> None:
    answer = {"accepted": 1, "deliveries": 0, "reason": "no_url"}
    assert post(server, batch(application)).json() == answer
    unknown = post(server, batch(application, applicationId="0" * 40))
    assert (unknown.status_code, unknown.json()["reason"]) == (202, "application_unknown")
    assert unknown.json()["accepted"] == 0


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "🎉", "\ud800", "x\u2028y", '"\\'])
def test_texts_of_messages_may_be_anything(server: Program, sms: Application, text: str) -> None:
    assert post(server, batch(sms, {"msgId": "1", "text": text, text: 1})).status_code == 202
    stored = json.loads(f"[{Delivery.objects.get().data}]")
    assert stored == [{"msgId": "1", "text": text, text: 1}]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_reaches_its_url(server: Program, application: Application, event: str) -> None:
    channel = "viber" if event == "dlr_update" else None
    set_url(application, setting=route(event, channel or ""))
    more: dict[str, Any] = {"channel": channel, "event": event}
    assert post(server, batch(application, **more)).json()["deliveries"] == 1
    assert event in events_of(Delivery.objects.get().webhook.setting)


def test_received_messages_of_a_multichannel_message(server: Program, application: Application) -> None:
    set_url(application, setting="multichannel_receive_callback")
    for event in ("receive_sms", "receive_viber", "receive_whatsapp"):
        told = post(server, batch(application, channel="multichannel", event=event)).json()
        assert told["deliveries"] == 1


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"applicationId": None}, "applicationId: It must be a string."),
        ({"applicationId": ""}, "applicationId: Say which application"),
        ({"channel": "fax"}, "channel: An event dlr_update has one of the channels sms, viber, whatsapp,"),
        ({"channel": None}, "channel: An event dlr_update has one of the channels"),
        ({"channel": 1}, "channel: It must be a string."),
        ({"event": "dlr"}, "event: There is no such event. Known are dlr_update, receive_sms,"),
        (
            {"event": "receive_sms", "channel": "viber"},
            "channel: An event receive_sms has one of the channels sms,",
        ),
        (
            {"event": "new_optout", "channel": "sms"},
            "channel: An event new_optout has one of the channels optouts",
        ),
        ({"data": []}, "data: Send 1 to 1,000 objects."),
        ({"data": [{}] * 1001}, "data: Send 1 to 1,000 objects."),
        ({"data": [1]}, "data: It must be a list of objects."),
        ({"data": {"msgId": "1"}}, "data: It must be a list of objects."),
        ({"data": [{"a": [[[[[[1]]]]]]}]}, "data.a: It is nested too deeply."),
        ({"url": "https://evil.example"}, "url: It is unknown."),
    ],
)
def test_what_is_wrong_is_told(server: Program, sms: Application, change: dict[str, Any], told: str) -> None:
    status, kind, message = error_of(post(server, batch(sms, **change)))
    assert (status, kind) == (400, "invalid_param")
    assert message.startswith(told)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("name", ["applicationId", "event", "data"])
def test_what_is_missing_is_told(server: Program, sms: Application, name: str) -> None:
    body = batch(sms)
    del body[name]
    assert error_of(post(server, body))[2] == f"{name}: It is missing."


@pytest.mark.parametrize("number", ["1e999", "NaN"])
def test_what_is_no_number(server: Program, sms: Application, number: str) -> None:
    assert post(server, json.dumps(batch(sms)).replace('"1"', number)).status_code == 400


def test_a_body_of_up_to_a_megabyte(server: Program, sms: Application) -> None:
    near = batch(sms, {"msgId": "1", "text": "x" * (1024 * 1024 - 300)})
    assert post(server, near).status_code == 202
    over = batch(sms, {"msgId": "1", "text": "x" * 1024 * 1024})
    assert error_of(post(server, over)) == (413, "request_too_large", "The body is over 1 MB.")


def test_resource_servers_alone(server: Program, program: Program, sms: Application) -> None:
    for who in (Program({}), program, Program({"Authorization": "Basic eDp5"})):
        response = who.post(PATH, batch(sms))
        assert error_of(response)[:2] == (401, "invalid_credentials")
        assert response["WWW-Authenticate"].startswith("Basic ")
    assert error_of(server.get(PATH))[:2] == (405, "method_not_allowed")
    assert not Delivery.objects.exists()


def test_it_has_no_limit_of_requests(server: Program, sms: Application, settings: Any) -> None:
    settings.RATE_LIMIT = 2
    assert [post(server, batch(sms)).status_code for _request in range(4)] == [202] * 4
    assert [post(server, {}).status_code for _request in range(3)] == [400, 400, 429]


# --- The same request twice ---------------------------------------------------------------------


def test_the_same_key_is_answered_alike(server: Program, sms: Application) -> None:
    first, second = post(server, batch(sms), "one"), post(server, batch(sms), "one")
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (202, first.json())
    assert Delivery.objects.count() == 1
    other = post(server, batch(sms, {"msgId": "2"}), "one")
    assert error_of(other)[:2] == (409, "conflict")
    assert post(platform("Another"), batch(sms), "one").status_code == 202
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "a key", "é"])
def test_what_is_no_key_is_told(server: Program, sms: Application, key: str) -> None:
    assert error_of(post(server, batch(sms), key))[2].startswith("Idempotency-Key: It has 1 to 255")


def test_a_refused_request_takes_no_key(server: Program, sms: Application) -> None:
    assert post(server, batch(sms, event="none"), "one").status_code == 400
    assert not EventKey.objects.exists()
    assert post(server, batch(sms), "one").status_code == 202


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key(server: Program, sms: Application) -> None:
    started = threading.Barrier(8)

    def call(_number: int) -> tuple[int, str]:
        started.wait()
        try:
            response = post(Program(server.headers), batch(sms), "one")
            return response.status_code, response.content.decode()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert len(set(answers)) == 1
    assert answers[0][0] == 202
    assert Delivery.objects.count() == 1


def test_without_the_store_nothing_is_taken(
    server: Program, sms: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_arguments: Any, **_named: Any) -> Any:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("applications.operations.events.Delivery.objects.bulk_create", down)
    response = post(server, batch(sms), "one")
    assert error_of(response)[:2] == (503, "temporarily_unavailable")
    assert response["Retry-After"]
    monkeypatch.undo()
    assert not EventKey.objects.exists(), "so that the same request can be sent again"
    assert post(server, batch(sms), "one").json()["deliveries"] == 1
    assert ResourceServer.objects.count() == 1
