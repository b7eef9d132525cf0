"""Parameters of an OAuth request, read strictly (RFC 6749 section 3.2, appendix B; security.md 9)."""

import re
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import parse_qsl

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from applications.oauth.errors import OAuthError
from applications.rules.charsets import is_utf_8
from applications.rules.scopes import parse_scope

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_PARAMETERS = 32  # parameters; none of these endpoints has ten
SCOPE = ("scope", "scopes")
MAX_LETTERS = 40
ALIKE = 0.8  # of difflib's ratio: `scop`, `scoep` and `sope` are, `code`, `state` and `resource` are not


def read_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a form-encoded POST; one without a value is left out.

    Raises OAuthError: another method, media type or charset, too large, bytes that are not UTF-8,
    a control character, a repeated parameter.
    """
    if request.method != "POST":
        raise OAuthError("invalid_request", "Use POST.", 405)
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded.", 415)
    if not is_utf_8((request.content_params or {}).get("charset", "")):
        raise OAuthError("invalid_request", "Send UTF-8.", 415)
    return _pairs(_body(request))


def read_query(query: str) -> dict[str, str]:
    """Return the parameters of an address, read as strictly; one without a value is left out.

    Raises OAuthError: bytes that are not UTF-8, a control character, a repeated parameter.
    """
    return _pairs(query.encode())


def required(parameters: dict[str, str], name: str) -> str:
    """Return a parameter that has to be there; raise OAuthError, invalid_request, when it is not."""
    try:
        return parameters[name]
    except KeyError:
        raise OAuthError("invalid_request", f"{name} is missing.") from None


def scopes_of(parameters: dict[str, str]) -> tuple[str, ...] | None:
    """Return the names in `scope`, None where it is absent; raise OAuthError, invalid_scope."""
    if "scope" not in parameters:
        return None
    try:
        return parse_scope(parameters["scope"])
    except ValueError:
        raise OAuthError("invalid_scope", "The scope is malformed. Separate scopes by a space.") from None


def check_no_stray_scope(request: HttpRequest, parameters: dict[str, str]) -> None:
    """Raise OAuthError, invalid_request, for what was meant to be `scope` under another name or in the address.

    An unknown parameter is ignored (RFC 6749 section 3.2). Ignoring `scopes=sms` or `scope[0]=sms` would give a token
    of all scopes to whoever asked for one.
    """
    query = request.META.get("QUERY_STRING", "")
    in_address = parse_qsl(query) if query else []
    names = [name for name in parameters if name != "scope"] + [name for name, _value in in_address]
    if any(_is_like_scope(name[:MAX_LETTERS]) for name in names):
        message = "The parameter is scope, in the body of the request. Separate scopes by a space."
        raise OAuthError("invalid_request", message)


@lru_cache(maxsize=1024)  # clients send the same few names
def _is_like_scope(name: str) -> bool:
    letters = "".join(filter(str.isalpha, name.lower()))
    return "scope" in letters or bool(get_close_matches(letters, SCOPE, n=1, cutoff=ALIKE))


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise OAuthError("invalid_request", "The body is over 64 KB.", 413) from None


def _pairs(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
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
