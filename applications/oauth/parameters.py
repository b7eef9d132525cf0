"""Parameters of an OAuth request, read strictly (RFC 6749 section 3.2, appendix B; security.md 9)."""

import re
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from applications.oauth.errors import OAuthError

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MOST = 32  # parameters; none of these endpoints has ten


def read_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a form-encoded POST; one without a value is left out.

    Raises OAuthError: another method, media type or charset, too large, bytes that are not UTF-8,
    a control character, a repeated parameter.
    """
    if request.method != "POST":
        raise OAuthError("invalid_request", "Use POST.", 405)
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded.", 415)
    if request.content_params and request.content_params.get("charset", "utf-8").lower() != "utf-8":
        raise OAuthError("invalid_request", "Send UTF-8.", 415)
    return _pairs(_body(request))


def read_query(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of the address, read as strictly; one without a value is left out.

    Raises OAuthError: bytes that are not UTF-8, a control character, a repeated parameter.
    """
    return _pairs(request.META.get("QUERY_STRING", "").encode())


def required(parameters: dict[str, str], name: str) -> str:
    """Return a parameter that has to be there; raise OAuthError, invalid_request, when it is not."""
    try:
        return parameters[name]
    except KeyError:
        raise OAuthError("invalid_request", f"{name} is missing.") from None


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise OAuthError("invalid_request", "The body is over 64 KB.", 413) from None


def _pairs(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST
        )
    except ValueError:  # UnicodeDecodeError is one, and so is one parameter too many
        raise OAuthError("invalid_request", "The parameters are not form-encoded UTF-8.") from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if CONTROL.search(name) or CONTROL.search(value):
            raise OAuthError("invalid_request", "A parameter holds a control character.")
        if name in parameters:
            raise OAuthError("invalid_request", "A parameter is repeated.")
        parameters[name] = value
    return {name: value for name, value in parameters.items() if value}
