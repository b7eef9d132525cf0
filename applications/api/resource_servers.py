"""A service of the platform that calls: it proves who it is by HTTP Basic."""

from django.conf import settings
from django.http import HttpRequest

from applications.api import rates
from applications.api.errors import ApiError
from applications.authentication.clients import InvalidCredential
from applications.authentication.resource_servers import TooManyFailures, check_resource_server


def check_the_platform(request: HttpRequest) -> int:
    """Return the key of the resource server that calls; raise ApiError where it does not prove who it is.

    What it gets wrong counts for it, what it gets right has no limit (rates.py).
    """
    try:
        server_pk = check_resource_server(request)
    except TooManyFailures as error:
        message = "The resource server could not be authenticated, too many times in a row."
        raise ApiError("rate_limit_exceeded", message, {"Retry-After": str(error.wait)}) from None
    except InvalidCredential:
        message = "The resource server could not be authenticated."
        challenge = {"WWW-Authenticate": f'Basic realm="{settings.REALM}"'}
        raise ApiError("invalid_credentials", message, challenge) from None
    rates.note_resource_server(request, server_pk)
    return server_pk
