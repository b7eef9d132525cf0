"""Which events there are, where each goes, and how they are put into deliveries."""

import json
from datetime import timedelta

import pytest

from applications.errors import InvalidParam
from applications.rules.attempts import DELAYS, JITTER, next_delay
from applications.rules.message_settings import CALLBACKS
from applications.rules.webhook_events import (
    EVENTS,
    EventBatch,
    Portion,
    Route,
    body_of,
    events_of,
    route,
)

ID = "3f" * 20


def test_every_callback_has_its_events_and_every_event_its_callback() -> None:
    assert {setting for setting in CALLBACKS if events_of(setting)} == set(CALLBACKS)
    assert {event for setting in CALLBACKS for event in events_of(setting)} == set(EVENTS)


@pytest.mark.parametrize(
    ("event", "channel", "setting"),
    [
        ("dlr_update", "whatsapp", "whatsapp_dlr_callback"),
        ("dlr_update", "multichannel", "multichannel_dlr_callback"),
        ("receive_sms", "", "sms_receive_callback"),
        ("receive_viber", "viber", "viber_receive_callback"),
        ("receive_whatsapp", "multichannel", "multichannel_receive_callback"),
        ("shortlink_hit_update", "", "shortlinks_callback"),
        ("attachment_hit", "attachments", "attachments_callback"),
        ("otp_update", "otp", "otp_callback"),
        ("number_lookup", "", "lookup_callback"),
    ],
)
def test_where_an_event_goes(event: str, channel: str, setting: str) -> None:
    assert route(event, channel) == Route(event, channel).setting == setting


@pytest.mark.parametrize(
    ("event", "channel", "param"),
    [
        ("dlr_update", "", "channel"),
        ("dlr_update", "otp", "channel"),
        ("receive_sms", "whatsapp", "channel"),
        ("otp_update", "sms", "channel"),
        ("sms", "sms", "event"),
        ("", "", "event"),
    ],
)
def test_what_leads_nowhere(event: str, channel: str, param: str) -> None:
    with pytest.raises(InvalidParam) as refusal:
        Route(event, channel)
    assert refusal.value.param == param


def test_what_is_about_one_message_has_one_key() -> None:
    about: list[dict[str, object]] = [
        {"msgId": "1", "status": "SENT"},
        {"status": "DELIVERED", "msgId": "1"},
        {"otpId": "1"},
        {"x": 1},
    ]
    portion = Portion.of(tuple(about))
    assert len(portion.keys.split()) == 2
    assert Portion.of(({"msgId": 1},)).keys == Portion.of(({"msgId": "1"},)).keys
    assert Portion.of(({"msgId": ""}, {"msgId": None}, {"msgId": ["1"]})).keys == ""


def test_the_body_is_the_objects_as_they_came_in_their_order() -> None:
    objects = tuple({"msgId": str(number), "text": "ș\x00\ud800"} for number in range(3))
    body = body_of("receive_sms", Portion.of(objects).data)
    assert json.loads(body) == {"event": "receive_sms", "data": list(objects)}


@pytest.mark.parametrize(("number", "sizes"), [(1, [1]), (200, [200]), (201, [200, 1]), (1000, [200] * 5)])
def test_a_delivery_has_at_most_200_objects(number: int, sizes: list[int]) -> None:
    batch = EventBatch(ID, Route("new_optout"), tuple({"hitId": each} for each in range(number)))
    assert [portion.objects for portion in batch.portions()] == sizes


def test_waits_have_some_jitter_and_an_end() -> None:
    for failed, delay in enumerate(DELAYS, 1):
        found = next_delay(failed, None)
        assert found is not None
        assert delay <= found <= delay * (1 + JITTER)
    assert next_delay(len(DELAYS) + 1, 86_400) is None
    assert next_delay(1, 600) == timedelta(seconds=600)
