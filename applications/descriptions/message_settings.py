"""The schema of an application's message settings, with the limits that their table has."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from applications.descriptions.parts import Node
from applications.descriptions.schemas import text, whole
from applications.models.message_settings import PIN_ATTEMPTS, PIN_LENGTH, PIN_TTL, TTL, PinType
from applications.rules.transliteration import Alphabet

CALLBACK: Node = {"type": ["string", "null"], "description": _("Where events go; null when it is not set.")}
CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d)?$"
QUIET = whole(
    {
        "start": text(_("HH:MM, or empty when there are none."), pattern=CLOCK),
        "stop": text(_("HH:MM, or empty when there are none."), pattern=CLOCK),
    },
    _("When messages are held, at the receiver's wall clock."),
)
CHANNEL: dict[str, Any] = {"dlrCallback": CALLBACK, "receiveCallback": CALLBACK, "quietHours": QUIET}


def number(limits: tuple[int, int], **more: Any) -> Node:
    """Return the schema of a number between two others."""
    return {"type": "integer", "minimum": limits[0], "maximum": limits[1], **more}


SMS = whole(
    {
        "enforceOriginator": text(_("The sender that every message gets; empty leaves it to the request.")),
        **CHANNEL,
        "transliteration": whole(
            {
                "alphabet": text(
                    _("Whose letters are written in GSM-7."), enum=[name.value for name in Alphabet]
                ),
                "removeEmojis": {"type": "boolean"},
            }
        ),
    }
)
MULTICHANNEL = whole(
    {**CHANNEL, "ttl": number(TTL, description=_("Seconds.")), "expireAfterTtl": {"type": "boolean"}}
)
OTP = whole(
    {
        "template": text(_("With {{pin}} where the PIN goes."), pattern=r"\{\{pin\}\}"),
        "from": text(_("The sender."), minLength=3, maxLength=11),
        "pinType": {"type": "string", "enum": list(PinType.values)},
        "pinLength": number(PIN_LENGTH),
        "ttl": number(PIN_TTL, description=_("Seconds.")),
        "maxAttempts": number(PIN_ATTEMPTS),
        "otpCallback": CALLBACK,
    }
)
SETTINGS = whole(
    {
        "sms": SMS,
        "viber": whole(CHANNEL),
        "whatsapp": whole(CHANNEL),
        "multichannel": MULTICHANNEL,
        **{
            kind: whole({f"{kind}Callback": CALLBACK})
            for kind in ("shortlinks", "attachments", "optouts", "lookup")
        },
        "otp": OTP,
    },
    _("How messages of the application are treated, channel by channel."),
)


def part_of(node: Node) -> Node:
    """Return the schema of any part of an object: nothing is required, and nothing unknown is taken."""
    if node.get("type") != "object":
        return node
    made = {name: value for name, value in node.items() if name not in ("required", "description")}
    parts = {name: part_of(inner) for name, inner in node["properties"].items()}
    return {**made, "properties": parts, "additionalProperties": False}


CHANGED_SETTINGS = part_of(SETTINGS)
