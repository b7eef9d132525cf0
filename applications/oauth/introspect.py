"""POST /oauth/introspect: what a token is worth at this moment (RFC 7662)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import lazy
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.authentication.address import client_address
from applications.authentication.known import note_resource_server
from applications.authentication.refused import refused_request, sent_token
from applications.descriptions.parts import ID, TOKEN, json_of, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import HELD, text, whole
from applications.models import MessageSettings
from applications.models.statements.clients import ClientAndToken, TokenQuestion
from applications.models.statements.tokens import FoundToken
from applications.models.usage import Reason
from applications.oauth.clients import client_and_token, client_credentials
from applications.oauth.descriptions import form, response
from applications.oauth.errors import NOT_KEPT, Good, OAuthError, answer
from applications.oauth.parameters import read_parameters, required
from applications.operations.address_use import UNNAMED
from applications.operations.clients import record_client_use, token_question
from applications.operations.last_used import Run, at_once, record_token_use
from applications.operations.refused_requests import BEARER
from applications.operations.usage import record_refusal, record_refused_request
from applications.rules.json_bytes import json_bytes
from applications.rules.networks import Address, allows, parse_address
from applications.rules.scopes import effective

INACTIVE = {"active": False}


def introspect(request: HttpRequest) -> HttpResponse:
    """Answer an application about the tokens of its account, a resource server about any token.

    `client_ip`, optional: the address the token was used from. Outside the allowed IPs the token is
    inactive, like one that is unknown, expired, revoked, disabled or of somebody else.
    """
    parameters = read_parameters(request)
    client_ip = _client_ip(parameters)
    return answer(_told(request, parameters, client_ip, client_and_token(request, parameters)))


def introspect_asked(
    request: HttpRequest,
) -> tuple[TokenQuestion, Callable[[ClientAndToken, datetime, Run], Good]]:
    """Return what `introspect` asks of the store, and what makes its answer (config/frequent.py)."""
    parameters = read_parameters(request)
    client_ip, address = _client_ip(parameters), client_address(request)
    token = required(parameters, "token")
    client_id, secret = client_credentials(request, parameters)
    question = token_question(client_id=client_id, secret=secret, token=token, address=address)

    def tell(result: ClientAndToken, moment: datetime, run: Run) -> Good:
        record_client_use(result, question.secret_digest, address, moment, run)
        return NOT_KEPT, json_bytes(_told(request, parameters, client_ip, result, run))

    return question, tell


def _told(
    request: HttpRequest,
    parameters: dict[str, str],
    client_ip: Address | None,
    result: ClientAndToken,
    run: Run = at_once,
) -> dict[str, Any]:
    """Return the answer to a client that has proved who it is; `run` runs what writes."""
    if result.server_pk is not None:
        note_resource_server(request, result.server_pk)
    found = result.found
    if found is None or not _allowed(found, client_ip, request.request_id):  # type: ignore[attr-defined]  # config/request_ids.py
        _record_inactive(request, parameters, client_ip, result)
        return INACTIVE
    if result.server_pk is None:
        return _active(found)
    # Whoever asks from the platform was just shown the token by a client.
    record_token_use(found, client_ip, now(), UNNAMED, run=run)
    return _active(found) | _for_the_platform(found, result.settings)


def _client_ip(parameters: dict[str, str]) -> Address | None:
    try:
        return parse_address(parameters["client_ip"]) if "client_ip" in parameters else None
    except ValueError:
        raise OAuthError("invalid_request", "client_ip is not an IP address.") from None


def _allowed(found: FoundToken, client_ip: Address | None, request_id: str) -> bool:
    """Whether the token may be used from `client_ip`, if one was sent. A refusal is recorded for the panel."""
    if client_ip is None or allows(found.allowlist, client_ip):
        return True
    record_refusal(found.application_pk, Reason.ADDRESS, ip=str(client_ip), request_id=request_id)
    return False


def _record_inactive(
    request: HttpRequest, parameters: dict[str, str], client_ip: Address | None, result: ClientAndToken
) -> None:
    """Keep it for the account whose token it was; an application learns of its own account's tokens alone."""
    refused = replace(
        refused_request(request, 200, "inactive", ""),
        ip=str(client_ip) if client_ip else None,
        sent=(sent_token(BEARER, parameters["token"]),),
        only_account=result.account_pk,
    )
    record_refused_request(refused)


def _active(found: FoundToken) -> dict[str, Any]:
    """RFC 7662 section 2.2. A token that never expires has no `exp`; times are seconds since 1970."""
    body: dict[str, Any] = {
        "active": True,
        "scope": " ".join(effective(found.scope, found.generation, found.grants)),
        "client_id": found.application_id,
        "token_type": "Bearer",
        "iat": int(found.issued_at.timestamp()),
        "iss": settings.ISSUER,
        "sub": found.application_id,
        "account_id": found.account_pk,
    }
    if found.expires_at is not None:
        body["exp"] = int(found.expires_at.timestamp())
    return body


def _for_the_platform(found: FoundToken, stored: MessageSettings | None) -> dict[str, Any]:
    """What a resource server learns besides: whose token it is, as people know it, and how to treat its messages."""
    treated = stored or MessageSettings(application_id=found.application_pk)
    return {"client_name": found.application_name, "settings": treated.documented()}


ACTIVE = {
    "type": "object",
    "required": ["active", "scope", "client_id", "token_type", "iat", "iss", "sub", "account_id"],
    "properties": {
        "active": {"const": True},
        "scope": HELD,
        "client_id": schema("Credential"),
        "token_type": {"const": "Bearer"},
        "iat": {"type": "integer", "description": _("Seconds since 1970.")},
        "exp": {"type": "integer", "description": _("Seconds since 1970; absent when it never expires.")},
        "iss": {"type": "string", "format": "uri"},
        "sub": schema("Credential"),
        "account_id": {"type": "integer"},
        "client_name": text(_("For resource servers alone: the application's name.")),
        "settings": {
            "description": _("For resource servers alone: how the application's messages are treated."),
            **schema("Settings"),
        },
    },
}
add_schemas(
    Introspection={
        "oneOf": [
            schema("ActiveToken"),
            whole({"active": {"const": False}}, _("Unknown, expired, revoked or not yours to see.")),
        ]
    },
    ActiveToken=ACTIVE,
)
EXAMPLE = {
    "active": True,
    "scope": "sms groups",
    "client_id": ID,
    "token_type": "Bearer",
    "iat": 1795527125,
    "iss": lazy(lambda: settings.ISSUER, str)(),  # as it is set when the document is made
    "sub": ID,
    "account_id": 1,
    "exp": 1795613525,
}
describe(
    introspect,
    post=form(
        "introspectToken",
        _("Ask about a token"),
        _(
            "Whether it works now, and for what (RFC 7662). An application learns of its own account's tokens alone."
        ),
        {
            "token": text(_("The token in question.")),
            "token_type_hint": text(_("Not needed, and not heeded.")),
            "client_ip": text(_("Where the token was used from; held against the allowed IPs.")),
        },
        ["token"],
        response(_("What it is worth."), json_of(schema("Introspection"), EXAMPLE)),
        {"token": TOKEN},
    ),
)
