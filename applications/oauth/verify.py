"""/oauth/verify?scope=groups: whether a gateway may let a request through (docs/decisions/0014)."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.authentication import clients
from applications.authentication.credentials import accept, asked_token, authenticate
from applications.descriptions.parts import Node, schema
from applications.descriptions.registry import describe
from applications.models.statements.tokens import FoundToken
from applications.oauth.descriptions import refusals, refused, response
from applications.oauth.errors import Good, OAuthError
from applications.oauth.parameters import read_query, required, scopes_of
from applications.operations.last_used import Run

logger = logging.getLogger(__name__)
MAX_LETTERS = 40  # of a parameter's name that are repeated


def verify(request: HttpRequest) -> HttpResponse:
    """Answer 200 and who calls when the request's token or API key is good for each scope of `scope`.

    Every method is taken, because some gateways ask with that of the request they hold. 401 and 403
    have the challenge of RFC 6750. Two credentials are 401 and not its 400: gateways pass on no other refusal.
    400 is for the gateway alone, that asks for no scope or for something else: its mistake, which is logged.
    """
    scopes = _scopes(request)
    try:
        client = authenticate(request, scopes)
    except clients.NoCredential:
        raise _refused("invalid_token", "No bearer token and no API key was sent.", bare=True) from None
    except clients.TwoCredentials:
        raise _refused("invalid_request", "Send a bearer token or an API key, not both.") from None
    except clients.InvalidCredential:
        raise _refused(
            "invalid_token", "The access token or API key is unknown, expired or revoked."
        ) from None
    except clients.AddressNotAllowed:
        raise _refused("access_denied", "Calls from this address are not allowed.", 403) from None
    except clients.InsufficientScope as error:
        raise _refused("insufficient_scope", "This needs another scope.", 403, error.scope) from None
    response = HttpResponse(headers=_passed(client))
    del response.headers["Content-Type"]
    return response


def verify_asked(
    request: HttpRequest,
) -> tuple[uuid.UUID, Callable[[FoundToken, datetime, Run], Good]]:
    """Return the key of the token that `verify` asks about, and what makes its answer (config/frequent.py)."""
    scopes = _scopes(request)

    def tell(found: FoundToken, moment: datetime, run: Run) -> Good:
        return _passed(accept(request, found, scopes, moment, run)), b""

    return asked_token(request), tell


def _scopes(request: HttpRequest) -> tuple[str, ...]:
    try:
        return _scopes_of(request.META.get("QUERY_STRING", ""))
    except OAuthError as error:
        # Whoever reads the answer is a client of the gateway; whoever set the gateway up reads the log.
        logger.warning("a gateway asks /oauth/verify wrongly: %s", error.description)
        raise


@lru_cache(maxsize=64)  # a gateway asks for the same few scopes
def _scopes_of(query: str) -> tuple[str, ...]:
    parameters = read_query(query)
    if unknown := [name for name in parameters if name != "scope"]:
        message = f"There is no parameter {unknown[0][:MAX_LETTERS]!a} here. Ask with ?scope= alone."
        raise OAuthError("invalid_request", message)
    required(parameters, "scope")
    return scopes_of(parameters) or ()


def _passed(client: clients.Client) -> dict[str, str]:
    """Return the headers that the gateway passes on; an API key has no application to name."""
    application = {"X-Application-Id": client.application_id} if client.application_id else {}
    return {
        **application,
        "X-Account-Id": str(client.account_pk),
        "X-Scope": " ".join(client.scopes),
        "Cache-Control": "no-store",
    }


def _refused(
    error: str, description: str, status: int = 401, scope: str = "", *, bare: bool = False
) -> OAuthError:
    challenge = clients.challenge() if bare else clients.challenge(error, scope)
    return OAuthError(error, description, status, {"WWW-Authenticate": challenge})


PASSED: dict[str, Node] = {
    "X-Application-Id": {"schema": schema("Credential"), "description": _("Absent for an API key.")},
    "X-Account-Id": {"schema": {"type": "integer"}},
    "X-Scope": {"schema": {"type": "string"}, "description": _("All that the credential may do now.")},
}
SCOPE = {
    "name": "scope",
    "in": "query",
    "required": True,
    "description": _(
        "What the request behind the gateway needs; all of these, separated by a space. It is the one parameter."
    ),
    "schema": {"type": "string"},
    "example": "groups",
}
describe(
    verify,
    get={
        "operationId": "verifyRequest",
        "tags": ["OAuth"],
        "summary": _("Check a request, for gateways"),
        "description": _("Every method is taken, as gateways pass on that of the request they hold."),
        "security": [{"accessToken": []}, {"apiKey": []}],
        "parameters": [SCOPE],
        "responses": {
            "200": response(_("The gateway may let it through. The body is empty."), headers=PASSED),
            "400": refused(
                _(
                    "The gateway has asked wrongly: not for a scope, or for something besides. The log has it."
                ),
                "invalid_request",
            ),
            "401": refusals()["401"],
            "403": refused(
                _("The scope is not held, or the address not allowed."),
                "insufficient_scope",
                "WWW-Authenticate",
            ),
            **{status: refusals()[status] for status in ("500", "503")},
        },
    },
)
