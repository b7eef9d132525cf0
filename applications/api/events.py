"""POST /events: a resource server hands over what happened, and Latchkey sees to the rest."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.bodies import Keys, objects, or_null, read, text
from applications.api.errors import ApiError, answer, invalid
from applications.api.resource_servers import check_the_platform
from applications.descriptions.operations import Operation
from applications.descriptions.parts import ID, body, json_of, response, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import sent
from applications.descriptions.schemas import text as text_of
from applications.models.events import NotQueued
from applications.operations.events import Received, receive_events
from applications.rules.idempotency import LONGEST, IdempotencyKey
from applications.rules.sample_events import SAMPLES
from applications.rules.webhook_events import CHANNELS, EVENTS, MAX_OBJECTS, EventBatch, Route

KEYS: Keys = {"applicationId": text, "channel": or_null(text), "event": text, "data": objects}
KEY_HEADER = "Idempotency-Key"


def events(request: HttpRequest) -> HttpResponse:
    """Answer 202 once the events are stored, or counted where they are sent nowhere."""
    if request.method != "POST":
        raise ApiError("method_not_allowed", "Use POST.", {"Allow": "POST"})
    server_pk = check_the_platform(request)
    batch = _batch(read(request, KEYS, any_text={"data"}))
    received = receive_events(server_pk=server_pk, batch=batch, body=request.body, key=_key(request))
    return answer(_written(received), 202)


def _batch(values: dict[str, Any]) -> EventBatch:
    for name in ("applicationId", "event", "data"):
        if name not in values:
            raise invalid(name, "It is missing.")
    route = Route(values["event"], values.get("channel") or "")
    return EventBatch(values["applicationId"], route, tuple(values["data"]))


def _key(request: HttpRequest) -> IdempotencyKey | None:
    sent_key = request.headers.get(KEY_HEADER, "").strip(" \t")
    return IdempotencyKey(sent_key) if sent_key else None


def _written(received: Received) -> dict[str, Any]:
    return {name: value for name, value in asdict(received).items() if value != ""}


COUNT = {"type": "integer", "minimum": 0}
add_schemas(
    Events=sent(
        {
            "applicationId": text_of(_("Whose events they are."), example=ID),
            "channel": {
                "type": ["string", "null"],
                "description": _(
                    "Which channel a delivery report, or a received message, is of. Other events have none."
                ),
                "examples": list(CHANNELS),
            },
            "event": text_of(_("What happened."), enum=list(EVENTS)),
            "data": {
                "type": "array",
                "items": {"type": "object"},
                "minItems": 1,
                "maxItems": MAX_OBJECTS,
                "description": _(
                    "One object an event, as receivers get it, in the order of their happening."
                ),
            },
        },
        ("applicationId", "event", "data"),
    ),
    ReceivedEvents={
        "type": "object",
        "required": ["accepted", "deliveries"],
        "properties": {
            "accepted": {**COUNT, "description": _("How many objects were taken.")},
            "deliveries": {**COUNT, "description": _("How many deliveries wait with them.")},
            "reason": text_of(_("Why nothing is sent, where nothing is."), enum=list(NotQueued.values)),
        },
    },
)
IDEMPOTENCY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": _(
        "The same key with the same body stores nothing a second time and has the same answer, for 24 hours."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
describe(
    events,
    post=Operation(
        name="sendEvents",
        summary=_("Hand over events"),
        description=_(
            "For resource servers: up to 1,000 events of one kind for one application, at most 1 MB. Answered once they"
            " are stored; they are sent to the application's URL for them, signed, and again until it answers 2xx. An"
            " event without a URL is counted and not sent. 409: the key came with another body."
        ),
        tag="Webhooks",
        parameters=(IDEMPOTENCY,),
        body=body(
            "Events",
            {
                "applicationId": ID,
                "channel": "sms",
                "event": "dlr_update",
                "data": [dict(SAMPLES["dlr_update"])],
            },
        ),
        answers={
            "202": response(
                _("They are stored."), json_of(schema("ReceivedEvents"), {"accepted": 1, "deliveries": 1})
            )
        },
        refusals=("409",),
        security=[{"clientBasic": []}],
    ).node(""),
)
