"""Who calls the API, as its errors put it."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from applications.api import rates
from applications.api.errors import ApiError
from applications.authentication import callers
from applications.authentication.bearer import Find
from applications.authentication.credentials import authenticate
from applications.models.statements.tokens import find_token

type View = Callable[..., HttpResponse]


def needs(scope: str) -> Callable[[View], View]:
    """Let a view be called only with a credential that has `scope`; it takes the caller after the request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            known = caller(request, scope)
            rates.spend(request, known)
            return view(request, known, *args, **kwargs)

        return checked

    return decorate


def caller(request: HttpRequest, scope: str, find: Find = find_token) -> callers.Caller:
    """Return who calls, by token or API key; raise ApiError with the header of RFC 6750 otherwise.

    A refusal counts for whoever is known by then (applications/api/rates.py).
    """
    try:
        return authenticate(request, (scope,), find)
    except callers.NoCredential:
        raise ApiError("invalid_credentials", "Send a bearer token or an API key.", _challenge()) from None
    except callers.TwoCredentials:
        message = "Send a bearer token or an API key, not both."
        raise ApiError("invalid_param", message, _challenge("invalid_request")) from None
    except callers.InvalidCredential:
        message = "The access token or API key is unknown, expired or revoked."
        raise ApiError("invalid_credentials", message, _challenge("invalid_token")) from None
    except callers.AddressNotAllowed as error:
        rates.spend_elsewhere(request, error)
        raise ApiError("access_denied", "Calls from this address are not allowed.") from None
    except callers.InsufficientScope as error:
        rates.spend(request, error.caller)
        message = f"This needs the scope {scope}."
        raise ApiError("insufficient_scope", message, _challenge("insufficient_scope", scope)) from None


def _challenge(error: str = "", scope: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": callers.challenge(error, scope)}
