"""POST /credentials/revoke: whoever holds a credential that was found may end it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api import rates
from applications.api.bodies import Keys, read
from applications.api.errors import ApiError, accepted, invalid
from applications.authentication.address import client_address
from applications.descriptions.operations import OF_BODIES, REFUSALS
from applications.descriptions.parts import SECRET, TOKEN, body, ref, response
from applications.descriptions.registry import add_schemas, describe
from applications.models.audit import ActorKind
from applications.operations.actors import Actor
from applications.operations.found_credentials import end_found_credentials
from applications.rules.found_credentials import found_values

MOST = 1000  # texts in a report


def texts(value: Any) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST:
        raise ValueError(f"a list of 1 to {MOST:,} strings")
    if not all(isinstance(text, str) for text in value):
        raise ValueError("a list of strings alone")
    return value


KEYS: Keys = {"credentials": texts}


def credentials_revoke(request: HttpRequest) -> HttpResponse:
    """End the live credentials in the body. The answer is the same whether there were any."""
    if request.method != "POST":
        raise ApiError("method_not_allowed", "Use POST.", {"Allow": "POST"})
    rates.count_report(request)
    sent = read(request, KEYS, any_text=KEYS).get("credentials")
    if sent is None:
        raise invalid("credentials", "It is missing.")
    request_id = request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    finder = Actor(ActorKind.FINDER, "finder", str(client_address(request)), request_id)
    end_found_credentials(found=found_values(sent), actor=finder)
    return accepted()


add_schemas(
    FoundCredentials={
        "type": "object",
        "required": ["credentials"],
        "additionalProperties": False,
        "properties": {
            "credentials": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST,
                "items": {"type": "string"},
                "description": _("Access tokens, API keys and application secrets, as they were found."),
            }
        },
    }
)
describe(
    credentials_revoke,
    post={
        "operationId": "revokeCredentials",
        "tags": ["Found credentials"],
        "summary": _("Revoke found credentials"),
        "description": _(
            "Whoever holds a live access token, API key or application secret may end it: holding it is the proof, and"
            " no other credential is asked for. A text may be the bare value, client_id:client_secret, the same in"
            " base64, or the line it stood in, such as “X-API-KEY: …”; what cannot be a credential is passed over. With"
            " a secret all tokens of its application end; another secret of the application goes on working. The owners"
            " are told. The answer never says which were live. At most 60 calls an hour are taken from one address."
        ),
        "security": [],
        "requestBody": body("FoundCredentials", {"credentials": [TOKEN, SECRET]}),
        "responses": {
            "202": response(_("It was read, and what was live in it has ended. Nothing else is told.")),
            **{
                status: ref("responses", REFUSALS[status])
                for status in ("400", "405", *OF_BODIES, "429", "500", "503")
            },
        },
    },
)
