"""How a client says who it is (RFC 6749 section 2.3.1): HTTP Basic, or ID and secret in the body."""

from django.http import HttpRequest

from applications.authentication.basic import parse_basic
from applications.oauth.errors import OAuthError

INVALID_CLIENT = "The client could not be authenticated."


def client_credentials(request: HttpRequest, parameters: dict[str, str]) -> tuple[str, str]:
    """Return the ID and secret the client sent. They are not checked here.

    Raises OAuthError: invalid_request for both ways at once or another ID in the body,
    invalid_client when there is nothing to check.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        return _of_body(parameters)
    if "client_secret" in parameters:
        raise OAuthError("invalid_request", "Authenticate by the header or by the body, not by both.")
    try:
        identifier, secret = parse_basic(header)
    except ValueError:
        raise OAuthError("invalid_client", INVALID_CLIENT) from None
    if parameters.get("client_id", identifier) != identifier:
        raise OAuthError("invalid_request", "client_id differs from the one in the header.")
    return identifier, secret


def _of_body(parameters: dict[str, str]) -> tuple[str, str]:
    try:
        return parameters["client_id"], parameters["client_secret"]
    except KeyError:
        raise OAuthError("invalid_client", INVALID_CLIENT) from None
