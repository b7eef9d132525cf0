"""Deliveries of an application's events: listed, sent again, and a test event sent."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import NOTHING, Keys, or_null, read, text
from applications.api.errors import ApiError, answer, invalid
from applications.api.outputs import time
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import DELIVERY_ID, MOMENT, Node, body, json_of, response, schema
from applications.descriptions.registry import add_schemas
from applications.descriptions.schemas import CREATED, sent, whole
from applications.descriptions.schemas import text as text_of
from applications.models import Application, Delivery
from applications.models.deliveries import State
from applications.operations.redelivery import redeliver as send_again
from applications.operations.webhook_tests import send_test_event
from applications.rules.webhook_events import EVENTS, Route

SCOPE = "applications"
TAG = "Webhooks"
DEFAULT_SIZE, LARGEST_SIZE = 50, 200
TEST: Keys = {"event": text, "channel": or_null(text)}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    waits = None if delivery.is_under_way else delivery.next_attempt_at
    return {
        "id": delivery.key,
        "event": delivery.event,
        "url": delivery.url,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "createdAt": time(delivery.created_at),
        "nextAttemptAt": _time_or_null(waits),
    }


def _time_or_null(moment: datetime | None) -> str | None:
    return time(moment) if moment else None


EXAMPLE = {
    "id": DELIVERY_ID,
    "event": "dlr_update",
    "url": "https://hooks.example.com/sms/dlr",
    "state": "waiting",
    "attempts": 1,
    "status": 503,
    "createdAt": MOMENT,
    "nextAttemptAt": "2026-11-24 13:37:05",
}
DELIVERY = {
    "id": text_of(_("The webhook-id of every attempt."), pattern="^msg_[0-9a-f]{32}$"),
    "event": text_of(_("What happened."), enum=list(EVENTS)),
    "url": text_of(_("Where it was sent last, or is to be sent.")),
    "state": text_of(
        _("Failed ones are not tried again by themselves."),
        enum=list(State.values),
    ),
    "attempts": {"type": "integer", "minimum": 0},
    "status": {
        "type": ["integer", "null"],
        "description": _("Of the last answer; null where there was none."),
    },
    "createdAt": CREATED,
    "nextAttemptAt": {
        "type": ["string", "null"],
        "description": _("In UTC; null when it has ended, or is being sent."),
    },
}
add_schemas(
    Delivery=whole(DELIVERY),
    DeliveryList=whole(
        {
            "data": {"type": "array", "items": schema("Delivery")},
            "next": {
                "type": ["string", "null"],
                "description": _("What to send as `before` for the next ones; null at the end."),
            },
        }
    ),
    TestEvent=sent(
        {
            "event": text_of(_("Which event to send a sample of."), enum=list(EVENTS)),
            "channel": {"type": ["string", "null"], "description": _("As for POST /events.")},
        },
        ("event",),
    ),
    TestedEvent=whole(
        {
            **DELIVERY,
            "error": text_of(_("Why there was no answer; empty where there was one.")),
            "milliseconds": {"type": "integer", "minimum": 0},
            "body": text_of(_("What the receiver answered, at most 64 KB.")),
        }
    ),
)
PARAMETERS: tuple[Node, ...] = (
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": _("How many at most."),
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE},
    },
    {
        "name": "before",
        "in": "query",
        "required": False,
        "description": _("Those after these in the list: `next` of the last answer."),
        "schema": {"type": "string"},
    },
    {
        "name": "event",
        "in": "query",
        "required": False,
        "description": _("Only those of this event."),
        "schema": {"type": "string", "enum": list(EVENTS)},
    },
    {
        "name": "state",
        "in": "query",
        "required": False,
        "description": _("Only those in this state."),
        "schema": {"type": "string", "enum": list(State.values)},
    },
)


@describes(
    Operation(
        name="getDeliveries",
        summary=_("List deliveries"),
        description=_(
            "Those that are still kept, the newest first. Events that waited together were sent as one delivery."
        ),
        tag=TAG,
        parameters=PARAMETERS,
        answers={
            "200": response(
                _("The deliveries."), json_of(schema("DeliveryList"), {"data": [EXAMPLE], "next": None})
            )
        },
        refusals=("404",),
    )
)
def list_them(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Answer a page of deliveries; the next begins after the id that `next` names."""
    application = find(client, application_id)
    _check_names(request)
    found = Delivery.objects.of(application.pk)
    for name, known in (("event", EVENTS), ("state", State.values)):
        if (wanted := request.GET.get(name, "")) and wanted not in known:
            raise invalid(name, f"It is one of {', '.join(known)}.")
        found = found.filter(**{name: wanted}) if wanted else found
    page = found.page(_size(request), before=_before(request, application))
    last = page.rows[-1].key if page.older is not None else None
    return answer({"data": [_delivery(row) for row in page.rows], "next": last})


def _check_names(request: HttpRequest) -> None:
    """Refuse a parameter that there is not, is there twice or says nothing: each may be meant for a filter."""
    known = [parameter["name"] for parameter in PARAMETERS]
    for name, values in request.GET.lists():
        if name not in known:
            raise invalid(name[:40], f"It is unknown. Known are {', '.join(known)}.")
        if len(values) > 1:
            raise invalid(name, "It is there twice.")
        if not values[0]:
            raise invalid(name, "It is empty. Leave it out to ask for all.")


def _size(request: HttpRequest) -> int:
    written = request.GET.get("limit", "") or str(DEFAULT_SIZE)
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= LARGEST_SIZE):
        raise invalid("limit", f"It is a whole number from 1 to {LARGEST_SIZE}.")
    return int(written)


def _before(request: HttpRequest, application: Application) -> int | None:
    key = request.GET.get("before", "")
    return _one(application, key).pk if key else None


def _one(application: Application, key: str) -> Delivery:
    """Return a delivery by its id; raise ApiError, the same for one of another application as for none."""
    if key.isascii() and key.isprintable():
        found = Delivery.objects.of(application.pk).filter(key=key).first()
        if found is not None:
            return found
    raise ApiError("not_found", "There is no delivery of this ID.")


@describes(
    Operation(
        name="redeliver",
        summary=_("Send a delivery again"),
        description=_(
            "At once, with the same id, and again as often as a new one. 409: what was sent was not kept, the URL is"
            " not set or is switched off, or the application is disabled."
        ),
        tag=TAG,
        body=body("Nothing", {}, required=False),
        answers={"202": response(_("It waits."), json_of(schema("Delivery"), EXAMPLE))},
        refusals=("404", "409"),
    )
)
def redeliver(request: HttpRequest, client: Client, application_id: str, delivery_id: str) -> HttpResponse:
    """Let it be sent again now."""
    read(request, NOTHING)
    application = find(client, application_id)
    delivery = _one(application, delivery_id)
    sent_again = send_again(application=application, delivery=delivery, actor=actor_of(request, client))
    return answer(_delivery(sent_again), 202)


@describes(
    Operation(
        name="sendTestEvent",
        summary=_("Send a test event"),
        description=_(
            "A sample in the shape of the event, sent once to the URL that is set for it, which has 10 seconds to"
            " answer. 409: no URL is set, or another test is under way."
        ),
        tag=TAG,
        body=body("TestEvent", {"event": "dlr_update", "channel": "sms"}),
        answers={
            "200": response(
                _("What came back."),
                json_of(
                    schema("TestedEvent"),
                    {
                        **EXAMPLE,
                        "state": "delivered",
                        "status": 200,
                        "nextAttemptAt": None,
                        "error": "",
                        "milliseconds": 184,
                        "body": '{"received":true}',
                    },
                ),
            )
        },
        refusals=("404", "409"),
    )
)
def send_test(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Send it, and answer what the receiver said."""
    values = read(request, TEST)
    application = find(client, application_id)
    if "event" not in values:
        raise invalid("event", "Say which event to send.")
    route = Route(values["event"], values.get("channel") or "")
    delivery, came = send_test_event(application=application, route=route, actor=actor_of(request, client))
    told = {"error": came.error, "milliseconds": came.milliseconds}
    return answer({**_delivery(delivery), **told, "body": came.answer.decode("utf-8", "replace")})


deliveries = by_method(SCOPE, GET=list_them)
redelivery = by_method(SCOPE, POST=redeliver)
webhook_test = by_method(SCOPE, POST=send_test)
