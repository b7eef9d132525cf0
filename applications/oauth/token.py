"""POST /oauth/token: the client credentials grant (RFC 6749 section 4.4)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.authentication.address import client_address
from applications.descriptions.parts import TOKEN, json_of, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import HELD, text, whole
from applications.oauth.clients import authenticated, client_credentials
from applications.oauth.descriptions import form, response
from applications.oauth.errors import OAuthError, answer
from applications.oauth.parameters import check_no_stray_scope, read_parameters, required, scopes_of
from applications.operations.tokens import Issued, ScopeNotHeld, issue_token

# The platform's published clients need an integer; they read this one as "does not expire".
NEVER = 2147483647


def token(request: HttpRequest) -> HttpResponse:
    """Trade an application's ID and secret for an access token."""
    parameters = read_parameters(request)
    _check_grant(parameters)
    check_no_stray_scope(request, parameters)
    scopes = scopes_of(parameters)
    client_id, secret = client_credentials(request, parameters)
    try:
        issued = authenticated(
            lambda: issue_token(
                client_id=client_id,
                secret=secret,
                scopes=scopes,
                address=client_address(request),
                request_id=request.request_id,  # type: ignore[attr-defined]  # config/api_requests.py
            )
        )
    except ScopeNotHeld:
        raise OAuthError(
            "invalid_scope", "The application does not hold a scope that was asked for."
        ) from None
    return answer(_body(issued))


def _check_grant(parameters: dict[str, str]) -> None:
    if required(parameters, "grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is supported.")


def _body(issued: Issued) -> dict[str, str | int]:
    return {
        "access_token": issued.value,
        "token_type": "Bearer",
        "expires_in": NEVER if issued.seconds is None else issued.seconds,
        "scope": issued.scope,
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
