"""How a client says who it is (RFC 6749 section 2.3.1): HTTP Basic, or ID and secret in the body."""

from collections.abc import Callable

from django.http import HttpRequest

from applications.authentication.address import client_address
from applications.authentication.basic import parse_basic
from applications.authentication.headers import authorization
from applications.models.statements.clients import ClientAndToken
from applications.oauth.errors import OAuthError
from applications.oauth.parameters import required
from applications.observed import CLAIMED
from applications.operations.clients import InvalidClient, look_up_token
from applications.rules.credentials import is_credential

INVALID_CLIENT = "The client could not be authenticated."
TOO_MANY = "The client could not be authenticated, too many times in a row. Wait, then try again."


def client_and_token(request: HttpRequest, parameters: dict[str, str]) -> ClientAndToken:
    """Return who asks and the live token of the `token` parameter, if there is one that they may see.

    Raises OAuthError: invalid_request without a token, or as client_credentials and authenticated do.
    """
    token = required(parameters, "token")
    client_id, secret = client_credentials(request, parameters)
    return authenticated(
        lambda: look_up_token(
            client_id=client_id,
            secret=secret,
            token=token,
            address=client_address(request),
            request_id=request.request_id,  # type: ignore[attr-defined]  # config/request_ids.py
        )
    )


def authenticated[Answer](call: Callable[[], Answer]) -> Answer:
    """Return what `call` does; where it raises InvalidClient, raise OAuthError: invalid_client.

    The same for every reason, also once there were so many that it is 429 (docs/decisions/0008).
    """
    try:
        return call()
    except InvalidClient as error:
        if error.wait:
            headers = {"Retry-After": str(error.wait)}
            raise OAuthError("invalid_client", TOO_MANY, 429, headers) from None
        raise OAuthError("invalid_client", INVALID_CLIENT) from None


def client_credentials(request: HttpRequest, parameters: dict[str, str]) -> tuple[str, str]:
    """Return the ID and secret the client sent, of the right shape. They are not checked here.

    Raises OAuthError: invalid_request for both ways at once or another ID in the body,
    invalid_client when there is nothing to check.
    """
    client_id, secret = _sent(request, parameters)
    if not (is_credential(client_id) and is_credential(secret)):
        # No client has an ID or secret of another shape, so no query is needed, and PostgreSQL could not store a NUL.
        raise OAuthError("invalid_client", INVALID_CLIENT)
    request.META[CLAIMED] = client_id
    return client_id, secret


def _sent(request: HttpRequest, parameters: dict[str, str]) -> tuple[str, str]:
    header = authorization(request)
    if not header:
        return _of_body(parameters)
    if "client_secret" in parameters:
        raise OAuthError("invalid_request", "Authenticate by the header or by the body, not by both.")
    try:
        client_id, secret = parse_basic(header)
    except ValueError:
        raise OAuthError("invalid_client", INVALID_CLIENT) from None
    if parameters.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "client_id differs from the one in the header.")
    return client_id, secret


def _of_body(parameters: dict[str, str]) -> tuple[str, str]:
    try:
        return parameters["client_id"], parameters["client_secret"]
    except KeyError:
        raise OAuthError("invalid_client", INVALID_CLIENT) from None
