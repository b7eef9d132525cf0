"""POST /oauth/token: the client credentials grant (RFC 6749 section 4.4)."""

from django.http import HttpRequest, HttpResponse

from applications.authentication.address import client_address
from applications.oauth.clients import authenticated, client_credentials
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
    identifier, secret = client_credentials(request, parameters)
    try:
        issued = authenticated(
            lambda: issue_token(
                application_id=identifier,
                secret=secret,
                scopes=scopes,
                address=client_address(request),
                request_id=request.request_id,  # type: ignore[attr-defined]  # config/machines.py
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
