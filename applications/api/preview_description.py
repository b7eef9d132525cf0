"""What POST /messages/preview takes and answers, as the description of the API says it."""

from django.utils.translation import gettext_lazy as _

from applications.descriptions.operations import Operation
from applications.descriptions.parts import MOMENT, Node, body, json_of, response, schema
from applications.descriptions.registry import add_schemas
from applications.descriptions.schemas import TIME, sent, text, whole
from applications.rules.gsm7 import Encoding
from applications.rules.previews import MAX_CHARACTERS
from applications.rules.transliteration import Alphabet

COUNT: Node = {"type": "integer", "minimum": 0}
MEASURED = {
    "text": {"type": "string"},
    "length": {**COUNT, "description": _("In septets of GSM-7, or in UTF-16 code units.")},
    "parts": COUNT,
    "encoding": {"type": "string", "enum": [encoding.value for encoding in Encoding]},
}
REPLACED = {
    **MEASURED,
    "characters": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": _("Each character that was replaced, and how often."),
        "example": {"ș": 1},
    },
}
add_schemas(
    Message=sent(
        {
            "text": text(_("What is to be sent."), minLength=1, maxLength=MAX_CHARACTERS),
            "from": text(_("The sender that is asked for; an enforced one replaces it.")),
            "to": text(_("The receiver's number in E.164."), example="+48501234567"),
            "countryIso": text(
                _(
                    "The receiver's country, where there is no number, or where several countries share the"
                    " number's code."
                ),
                example="PL",
            ),
            "timezone": text(_("The receiver's time zone; decides before number and country.")),
            "scheduledDate": text(_("When to send it, in UTC."), example=MOMENT, pattern=f"{TIME}|^$"),
            "transliteration": {
                **sent(
                    {
                        "alphabet": {"type": "string", "enum": [name.value for name in Alphabet]},
                        "removeEmojis": {"type": "boolean"},
                    }
                ),
                "description": _("In place of the settings, for this text."),
            },
            "applicationId": text(_("From a resource server alone: whose settings to use.")),
        },
        ("text",),
    ),
    Preview=whole(
        {
            "text": text(_("What would be sent.")),
            "from": text(_("From whom; empty when nobody was asked for or enforced.")),
            "parts": COUNT,
            "textAnalysis": whole({"length": COUNT, "unicode": {"type": "boolean"}, "parts": COUNT}),
            "transliterationAnalysis": whole(
                {
                    "totalOriginalParts": COUNT,
                    "totalReplacedParts": COUNT,
                    "totalPartsSaved": {"type": "integer"},
                    "text": whole({"original": whole(MEASURED), "replaced": whole(REPLACED)}),
                }
            ),
            "inQuietHours": {"type": "boolean"},
            "scheduledAt": {
                "type": ["string", "null"],
                "pattern": TIME,
                "description": _("In UTC; null when it goes at once."),
            },
        }
    ),
)
EXAMPLE = {
    "text": "buna",
    "from": "",
    "parts": 1,
    "textAnalysis": {"length": 4, "unicode": False, "parts": 1},
    "transliterationAnalysis": {
        "totalOriginalParts": 1,
        "totalReplacedParts": 1,
        "totalPartsSaved": 0,
        "text": {
            "original": {"text": "bună", "length": 4, "parts": 1, "encoding": "UCS-2"},
            "replaced": {
                "text": "buna",
                "length": 4,
                "parts": 1,
                "encoding": "GSM-7",
                "characters": {"ă": 1},
            },
        },
    },
    "inQuietHours": False,
    "scheduledAt": None,
}
PREVIEW = Operation(
    name="previewMessage",
    summary=_("Preview a message"),
    description=_(
        "What the application's settings make of a text: the text itself, its parts, its sender and its time. A"
        " resource server, by HTTP Basic, names the application; an API key has the default settings."
    ),
    tag="Messages",
    body=body("Message", {"text": "bună", "transliteration": {"alphabet": "ROMANIAN"}}),
    answers={"200": response(_("What would be sent."), json_of(schema("Preview"), EXAMPLE))},
    refusals=("404",),
    other_security=[{"clientBasic": []}],
)
