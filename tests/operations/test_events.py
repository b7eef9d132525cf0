"""Taking in events: stored for the URL that is set, or counted, and the same request only once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from applications.errors import Conflict, InvalidParam
from applications.models import Application, Delivery, EventCount, EventKey, Webhook
from applications.models.webhooks import OffReason
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.events import Received, purge_events, receive_events
from applications.operations.resource_servers import create_resource_server
from applications.rules.idempotency import IdempotencyKey
from applications.rules.names import Name
from applications.rules.webhook_events import EventBatch, Route
from tests.factories import make_account, make_application
from tests.webhooks import URL, hand_over, make_server, only, set_url


@pytest.fixture
def application(db: None) -> Application:
    """An application with a URL for delivery reports of SMS."""
    made = make_application(make_account())[0]
    set_url(made)
    return made


def test_events_wait_in_portions_of_200(application: Application) -> None:
    received = hand_over(application, *({"msgId": str(number)} for number in range(450)))
    assert received == Received(450, 3)
    stored = Delivery.objects.order_by("pk")
    assert [delivery.object_count for delivery in stored] == [200, 200, 50]
    assert {delivery.url for delivery in stored} == {URL}
    assert len(stored[0].keys.split()) == 200
    assert all(delivery.key.startswith("msg_") for delivery in stored)


@pytest.mark.parametrize(
    ("spoilt", "reason", "accepted"),
    [
        ("unset", "no_url", 1),
        ("off", "url_switched_off", 1),
        ("disabled", "application_disabled", 0),
        ("deleted", "application_deleted", 0),
        ("unknown", "application_unknown", 0),
        ("no id", "application_unknown", 0),
    ],
)
def test_what_is_sent_nowhere_is_counted(
    application: Application, spoilt: str, reason: str, accepted: int
) -> None:
    spoil(application, spoilt)
    for number in (1, 2):
        assert hand_over(application) == Received(accepted, 0, reason)
        count = EventCount.objects.get()
        assert (count.reason, count.number) == (reason, number)
    assert count.application_pk == (application.pk or 0)
    assert not Delivery.objects.exists()


def spoil(application: Application, how: str) -> None:
    if how == "unset":
        set_url(application, "")
    elif how == "off":
        Webhook.objects.create(
            application=application,
            setting="sms_dlr_callback",
            url=URL,
            off_at=application.created_at,
            off_reason=OffReason.GONE,
        )
    elif how == "disabled":
        switch_application(application=application, enabled=False, actor=OPERATOR)
    elif how == "deleted":
        delete_application(application=application, actor=OPERATOR)
        application.pk = None
    else:
        application.pk = None
        application.application_id = "0" * 40 if how == "unknown" else "\0"


def test_a_url_that_was_switched_off_and_replaced_gets_events(application: Application) -> None:
    spoil(application, "off")
    set_url(application, URL + "/new")
    assert hand_over(application).deliveries == 1


def test_the_same_key_stores_once(application: Application) -> None:
    assert keyed(application) == keyed(application) == Received(1, 1)
    assert Delivery.objects.count() == 1
    other: Any = create_other_server()
    assert receive(application, server_pk=other).deliveries == 1
    assert Delivery.objects.count() == 2, "keys are each resource server's own"


def create_other_server() -> int:
    return create_resource_server(name=Name("Another"), actor=OPERATOR)[0].pk


def receive(application: Application, body: bytes = b"1", server_pk: int = 0) -> Received:
    batch = EventBatch(application.application_id, Route("dlr_update", "sms"), ({"msgId": "1"},))
    return receive_events(
        server_pk=server_pk or make_server().pk, batch=batch, body=body, key=IdempotencyKey("a-key")
    )


def keyed(application: Application, body: bytes = b"1") -> Received:
    return receive(application, body)


def test_the_same_key_with_another_body_is_refused(application: Application) -> None:
    keyed(application)
    with pytest.raises(Conflict, match="another body"):
        keyed(application, b"2")
    assert Delivery.objects.count() == 1


def test_the_same_answer_also_for_what_was_not_sent(application: Application) -> None:
    set_url(application, "")
    first = keyed(application)
    set_url(application)
    assert keyed(application) == first == Received(1, 0, "no_url")
    assert EventCount.objects.get().number == 1


def test_a_key_works_for_24_hours(application: Application) -> None:
    keyed(application)
    EventKey.objects.update(created_at=F("created_at") - timedelta(hours=23, minutes=59))
    with pytest.raises(Conflict):
        keyed(application, b"2")
    assert purge_events() == 0
    EventKey.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    assert keyed(application, b"2").deliveries == 1
    EventKey.objects.update(created_at=F("created_at") - timedelta(hours=24))
    assert purge_events() == 1


@pytest.mark.parametrize("text", ["", "x" * 256, "two words", "tab\t", "\0", "é"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(InvalidParam):
        IdempotencyKey(text)


def test_texts_are_kept_as_they_came(application: Application) -> None:
    text = 'Ünïcode "quoted" \0 \x1b 🎉 \ud800 \u2028'
    hand_over(application, {"msgId": "1", "text": text, "cost": 0.1, "big": 10**30, "none": None})
    assert json.loads(f"[{only().data}]")[0]["text"] == text
