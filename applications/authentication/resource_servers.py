"""A service of the platform that proves who it is by HTTP Basic."""

from django.http import HttpRequest
from django.utils.timezone import now

from applications.authentication.address import client_address
from applications.authentication.basic import parse_basic
from applications.authentication.callers import InvalidCredential
from applications.models import ResourceServer
from applications.operations.clients import note_server_used
from applications.operations.throttle import failures
from applications.rules.credentials import digest, is_credential


class TooManyFailures(InvalidCredential):
    """Wrong again, and too many times in a row from there; `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


def is_basic(request: HttpRequest) -> bool:
    """Whether the request says who it is by HTTP Basic."""
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    return header[:6].lower() == "basic "


def check_resource_server(request: HttpRequest) -> None:
    """Raise InvalidCredential unless the Authorization header has the ID and secret of a resource server.

    The database compares SHA-256 digests, as for tokens: what their timing tells is about a digest that nobody
    can steer towards another.
    """
    try:
        identifier, secret = parse_basic(request.META["HTTP_AUTHORIZATION"])
    except ValueError:
        raise InvalidCredential from None
    if not (is_credential(identifier) and is_credential(secret)):
        raise InvalidCredential
    address, secret_digest = client_address(request), digest(secret)
    pk = (
        ResourceServer.objects.filter(server_id=identifier, digest=secret_digest)
        .values_list("pk", flat=True)
        .first()
    )
    if pk is not None:
        note_server_used(pk, secret_digest, address, now())
    elif wait := failures.note(address, identifier):
        raise TooManyFailures(wait)
    else:
        raise InvalidCredential
