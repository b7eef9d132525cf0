"""Who calls the API, as its errors put it."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from applications.api.errors import ApiError, challenge
from applications.authentication import bearer

type View = Callable[..., HttpResponse]


def needs(scope: str) -> Callable[[View], View]:
    """Let a view be called only with a credential that has `scope`; it takes the caller after the request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            return view(request, caller(request, scope), *args, **kwargs)

        return checked

    return decorate


def caller(request: HttpRequest, scope: str) -> bearer.Caller:
    """Return who calls; raise ApiError with the header of RFC 6750 otherwise."""
    try:
        return bearer.authenticate(request, scope)
    except bearer.NoCredential:
        raise ApiError("invalid_credentials", "Send a bearer token.", challenge()) from None
    except bearer.InvalidToken:
        message = "The access token is unknown, expired or revoked."
        raise ApiError("invalid_credentials", message, challenge("invalid_token")) from None
    except bearer.AddressNotAllowed:
        raise ApiError("access_denied", "Calls from this address are not allowed.") from None
    except bearer.InsufficientScope:
        message = f"This needs the scope {scope}."
        raise ApiError("insufficient_scope", message, challenge("insufficient_scope", scope)) from None
