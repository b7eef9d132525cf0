"""POST /oauth/token: the client credentials grant (RFC 6749 section 4.4)."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.authentication.address import client_address
from applications.descriptions.parts import TOKEN, json_of, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import HELD, text, whole
from applications.models.statements.tokens import Inserted, NewToken
from applications.oauth.clients import authenticated, client_credentials
from applications.oauth.descriptions import form, response
from applications.oauth.errors import NOT_KEPT, Good, OAuthError, answer
from applications.oauth.parameters import check_no_stray_scope, read_parameters, required, scopes_of
from applications.operations.last_used import Run
from applications.operations.tokens import Issued, ScopeNotHeld, issue_token, issued, new_token
from applications.rules.json_bytes import json_bytes

# The platform's published clients need an integer; they read this one as "does not expire".
NEVER = 2147483647


def token(request: HttpRequest) -> HttpResponse:
    """Trade an application's ID and secret for an access token."""
    client_id, secret, scopes = _read(request)
    try:
        made = authenticated(
            lambda: issue_token(
                client_id=client_id,
                secret=secret,
                scopes=scopes,
                address=client_address(request),
                request_id=request.request_id,  # type: ignore[attr-defined]  # config/request_ids.py
            )
        )
    except ScopeNotHeld:
        raise OAuthError(
            "invalid_scope", "The application does not hold a scope that was asked for."
        ) from None
    return answer(_body(made))


def token_asked(request: HttpRequest) -> tuple[NewToken, Callable[[Inserted, datetime, Run], Good]]:
    """Return what `token` is to store, and what makes its answer of what was stored (config/frequent.py)."""
    client_id, secret, scopes = _read(request)
    address = client_address(request)
    value, token = new_token(client_id=client_id, secret=secret, scopes=scopes, address=address)

    def tell(inserted: Inserted, moment: datetime, run: Run) -> Good:
        return NOT_KEPT, json_bytes(_body(issued(value, token, inserted, moment, run)))

    return token, tell


def _read(request: HttpRequest) -> tuple[str, str, tuple[str, ...] | None]:
    """Return the ID, the secret and the scopes that a client sent; raise OAuthError."""
    parameters = read_parameters(request)
    _check_grant(parameters)
    check_no_stray_scope(request, parameters)
    scopes = scopes_of(parameters)
    return *client_credentials(request, parameters), scopes


def _check_grant(parameters: dict[str, str]) -> None:
    if required(parameters, "grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is supported.")


def _body(made: Issued) -> dict[str, str | int]:
    return {
        "access_token": made.value,
        "token_type": "Bearer",
        "expires_in": NEVER if made.seconds is None else made.seconds,
        "scope": made.scope,
    }


add_schemas(
    Token=whole(
        {
            "access_token": schema("Credential"),
            "token_type": {"const": "Bearer"},
            "expires_in": {
                "type": "integer",
                "description": _("Seconds; 2147483647 for a token that does not expire."),
            },
            "scope": HELD,
        }
    )
)
EXAMPLE = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86400, "scope": "sms groups"}
describe(
    token,
    post=form(
        "getAccessToken",
        _("Get an access token"),
        _(
            "Trades ID and secret for a bearer token (RFC 6749 section 4.4). Send them by HTTP Basic, or in the"
            " body. Without a scope the token has all that the application holds."
        ),
        {
            "grant_type": text(_("Always the same."), enum=["client_credentials"]),
            "scope": text(
                _("Names of scopes with spaces between; each of them the application has to hold.")
            ),
        },
        ["grant_type"],
        response(_("The token."), json_of(schema("Token"), EXAMPLE)),
        {"grant_type": "client_credentials"},
    ),
)
