"""Who calls the API, as its errors put it."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from applications.api import rates
from applications.api.errors import ApiError
from applications.authentication import clients
from applications.authentication.bearer import Find
from applications.authentication.credentials import authenticate
from applications.models.statements.tokens import find_token

type View = Callable[..., HttpResponse]


def needs(scope: str) -> Callable[[View], View]:
    """Let a view be called only with a credential that has `scope`; it takes the client after the request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            known = authenticated_client(request, scope)
            rates.count_request(request, known)
            return view(request, known, *args, **kwargs)

        return checked

    return decorate


def authenticated_client(request: HttpRequest, scope: str, find: Find = find_token) -> clients.Client:
    """Return who calls, by token or API key; raise ApiError with the header of RFC 6750 otherwise.

    A refusal counts for whoever is known by then (applications/api/rates.py).
    """
    try:
        return authenticate(request, (scope,), find)
    except clients.NoCredential:
        raise ApiError("invalid_credentials", "Send a bearer token or an API key.", _challenge()) from None
    except clients.TwoCredentials:
        message = "Send a bearer token or an API key, not both."
        raise ApiError("invalid_param", message, _challenge("invalid_request")) from None
    except clients.InvalidCredential:
        message = "The access token or API key is unknown, expired or revoked."
        raise ApiError("invalid_credentials", message, _challenge("invalid_token")) from None
    except clients.AddressNotAllowed as error:
        rates.count_refused_address(request, error)
        raise ApiError("access_denied", "Calls from this address are not allowed.") from None
    except clients.InsufficientScope as error:
        rates.count_request(request, error.client)
        message = f"This needs the scope {scope}."
        raise ApiError("insufficient_scope", message, _challenge("insufficient_scope", scope)) from None


def _challenge(error: str = "", scope: str = "") -> dict[str, str]:
    return {"WWW-Authenticate": clients.challenge(error, scope)}
