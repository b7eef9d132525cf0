"""A service of the platform that proves who it is by HTTP Basic."""

from django.http import HttpRequest
from django.utils.timezone import now

from applications.authentication.address import client_address
from applications.authentication.basic import parse_basic
from applications.authentication.clients import InvalidCredential
from applications.authentication.headers import authorization
from applications.models import ResourceServer
from applications.operations.last_used import record_server_use
from applications.operations.throttle import failures
from applications.rules.credentials import digest, is_credential


class TooManyFailures(InvalidCredential):
    """Wrong again, and too many times in a row from there; `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


def is_basic(request: HttpRequest) -> bool:
    """Whether the request says who it is by HTTP Basic."""
    return authorization(request)[:6].lower() == "basic "


def check_resource_server(request: HttpRequest) -> int:
    """Return the key of the resource server whose ID and secret the Authorization header has.

    Raises InvalidCredential. The database compares SHA-256 digests, as for tokens: what their timing tells is about a
    digest that nobody can steer towards another.
    """
    try:
        client_id, secret = parse_basic(authorization(request))
    except ValueError:
        raise InvalidCredential from None
    if not (is_credential(client_id) and is_credential(secret)):
        raise InvalidCredential
    address, secret_digest = client_address(request), digest(secret)
    pk = (
        ResourceServer.objects.filter(server_id=client_id, digest=secret_digest)
        .values_list("pk", flat=True)
        .first()
    )
    if pk is not None:
        record_server_use(pk, secret_digest, address, now())
        return pk
    if wait := failures.record(address, client_id):
        raise TooManyFailures(wait)
    raise InvalidCredential
