"""/oauth/verify?scope=groups: whether a gateway may let a request through (nginx, Caddy, Traefik)."""

from django.http import HttpRequest, HttpResponse

from applications.authentication import callers
from applications.authentication.credentials import authenticate
from applications.oauth.errors import OAuthError
from applications.oauth.parameters import read_query
from applications.rules.scopes import parse_scope


def verify(request: HttpRequest) -> HttpResponse:
    """Answer 204 and who calls when the request's token or API key is good for each scope of `scope`, or for any.

    Every method is taken, because some gateways ask with that of the request they hold. 401 and 403
    have the challenge of RFC 6750. Two credentials are 401 and not its 400: gateways pass on no other refusal.
    """
    scopes = _scopes(request)
    try:
        caller = authenticate(request, scopes)
    except callers.NoCredential:
        raise _refused("invalid_token", "No bearer token and no API key was sent.", bare=True) from None
    except callers.TwoCredentials:
        raise _refused("invalid_request", "Send a bearer token or an API key, not both.") from None
    except callers.InvalidCredential:
        raise _refused(
            "invalid_token", "The access token or API key is unknown, expired or revoked."
        ) from None
    except callers.AddressNotAllowed:
        raise _refused("access_denied", "Calls from this address are not allowed.", 403) from None
    except callers.InsufficientScope as error:
        raise _refused("insufficient_scope", "This needs another scope.", 403, error.scope) from None
    return _passed(caller)


def _scopes(request: HttpRequest) -> tuple[str, ...]:
    try:
        return parse_scope(read_query(request).get("scope", ""))
    except ValueError:
        raise OAuthError("invalid_scope", "Separate scopes by a space.") from None


def _passed(caller: callers.Caller) -> HttpResponse:
    """Return the answer whose headers the gateway passes on; an API key has no application to name."""
    response = HttpResponse(status=204)
    del response.headers["Content-Type"]
    if caller.application_id:
        response.headers["X-Application-Id"] = caller.application_id
    response.headers["X-Account-Id"] = str(caller.account_pk)
    response.headers["X-Scope"] = " ".join(caller.scopes)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(
    error: str, description: str, status: int = 401, scope: str = "", *, bare: bool = False
) -> OAuthError:
    challenge = callers.challenge() if bare else callers.challenge(error, scope)
    return OAuthError(error, description, status, {"WWW-Authenticate": challenge})
