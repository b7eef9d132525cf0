"""Events that are sent to webhooks: which there are, and which callback URL each goes to (product.md 4.5)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

MAX_OBJECTS: Final = 1_000  # that come in at once
MAX_OBJECTS_SENT: Final = 200  # in one delivery
MAX_BYTES: Final = 1024 * 1024  # of one request
CHANNELS: Final = ("sms", "viber", "whatsapp", "multichannel")

# Event → channel → the column of MessageSettings that holds its URL. The first channel is meant where none is named,
# but for a delivery report, which does not say by itself what it is about.
_EVENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "dlr_update": {channel: f"{channel}_dlr_callback" for channel in CHANNELS},
    **{
        f"receive_{channel}": {
            channel: f"{channel}_receive_callback",
            "multichannel": "multichannel_receive_callback",
        }
        for channel in ("sms", "viber", "whatsapp")
    },
    "shortlink_hit": {"shortlinks": "shortlinks_callback"},
    "shortlink_hit_update": {"shortlinks": "shortlinks_callback"},
    "attachment_hit": {"attachments": "attachments_callback"},
    "attachment_hit_update": {"attachments": "attachments_callback"},
    "new_optout": {"optouts": "optouts_callback"},
    "otp_update": {"otp": "otp_callback"},
    "number_lookup": {"lookup": "lookup_callback"},
}
EVENTS: Final = tuple(_EVENTS)
NEEDS_CHANNEL: Final = "dlr_update"
# What tells the objects of one message, one hit, one code or one look-up from others.
_IDS: Final = ("msgId", "otpId", "hitId", "lookupId")
_KEY: Final = (
    12  # characters of a key: two different messages with the same key would only wait for each other
)


def events_of(setting: str) -> list[str]:
    """Return the events that go to the URL in this column of MessageSettings."""
    return [event for event, routes in _EVENTS.items() if setting in routes.values()]


def route(event: str, channel: str) -> str:
    """Return the column of MessageSettings whose URL an event of a channel goes to; "" is the event's own channel.

    Raises InvalidParam ("event" or "channel") for what does not exist or does not go together.
    """
    routes = _EVENTS.get(event)
    if routes is None:
        raise InvalidParam(
            "event", _("There is no such event. Known are {names}.").format(names=_list(EVENTS))
        )
    if not channel and event != NEEDS_CHANNEL:
        channel = next(iter(routes))
    if channel not in routes:
        message = _("An event {event} has one of the channels {names}.")
        raise InvalidParam("channel", message.format(event=event, names=_list(routes)))
    return routes[channel]


@dataclass(frozen=True, slots=True)
class Route:
    """An event of a channel ("": the event's own); InvalidParam for what does not exist or does not go together."""

    event: str
    channel: str = ""

    def __post_init__(self) -> None:
        route(self.event, self.channel)

    @property
    def setting(self) -> str:
        """The column of MessageSettings that holds the URL."""
        return route(self.event, self.channel)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one kind for one application, as a resource server hands them over; checked when it is made.

    `data` are JSON objects in their order, 1 to 1,000 of them. Raises InvalidParam, which names the member.
    """

    application_id: str
    route: Route
    data: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        if not self.application_id:
            raise InvalidParam("applicationId", _("Say which application the events are of."))
        if not 1 <= len(self.data) <= MAX_OBJECTS:
            message = _("Send 1 to {most} objects.")
            raise InvalidParam("data", message.format(most=f"{MAX_OBJECTS:,}"))
        if not all(isinstance(each, Mapping) for each in self.data):
            raise InvalidParam("data", _("Each of the data is an object."))

    def portions(self) -> "list[Portion]":
        """Return the objects in portions of at most 200, each for one delivery."""
        starts = range(0, len(self.data), MAX_OBJECTS_SENT)
        return [Portion.of(self.data[start : start + MAX_OBJECTS_SENT]) for start in starts]


@dataclass(frozen=True, slots=True)
class Portion:
    """The objects of one delivery: their JSON, separated by commas, and the keys of the messages they are about."""

    objects: int
    data: str
    keys: str

    @classmethod
    def of(cls, objects: tuple[Mapping[str, Any], ...]) -> "Portion":
        keys = dict.fromkeys(key for each in objects if (key := _key(each)))
        return cls(len(objects), ",".join(map(_json, objects)), " ".join(keys))


def body_of(event: str, data: str) -> bytes:
    """Return the body of a delivery; `data` is the JSON of its objects, separated by commas."""
    return f'{{"event":"{event}","data":[{data}]}}'.encode()


def _json(one: Mapping[str, Any]) -> str:
    """Return JSON that every store takes: control characters are escaped in it, and half a surrogate pair is too."""
    text = json.dumps(one, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(one, separators=(",", ":"))
    return text


def _key(one: Mapping[str, Any]) -> str:
    """Return a short text that is the same for all events of one message, and "" where there is no such thing."""
    for name in _IDS:
        if isinstance(value := one.get(name), str | int) and value != "":
            return hashlib.sha256(f"{name}:{value}".encode("utf-8", "surrogatepass")).hexdigest()[:_KEY]
    return ""


def _list(names: Any) -> str:
    return ", ".join(names)
