"""How the API refuses: one component a status, named in descriptions/operations.py."""

from django.utils.translation import gettext_lazy as _

from applications.api.errors import TYPES
from applications.descriptions.parts import Node, Translatable, json_of, ref, response, schema

PATH = "/applications"


def _refusal(kind: str, description: Translatable, message: str, *headers: str) -> Node:
    _status, code = TYPES[kind]
    example = {"error": {"type": kind, "message": message, "code": code, "uri": PATH}}
    named = {name: ref("headers", name) for name in headers}
    return response(description, json_of(schema("Error"), example), headers=named)


RESPONSES: dict[str, Node] = {
    "InvalidParam": _refusal(
        "invalid_param",
        _("The request is malformed, or a value cannot be used; the message begins with its name."),
        "scopes: There is no scope “fax”.",
    ),
    "InvalidCredentials": _refusal(
        "invalid_credentials",
        _("No credential was sent, or it is unknown, expired or revoked."),
        "The access token or API key is unknown, expired or revoked.",
        "WWW-Authenticate",
    ),
    "Forbidden": _refusal(
        "insufficient_scope",
        _(
            "The credential lacks the scope (insufficient_scope), or may not do this from there (access_denied)."
        ),
        "This needs the scope applications.",
        "WWW-Authenticate",
    ),
    "NotFound": _refusal(
        "not_found",
        _("There is none of this name; one of another account is not told apart."),
        "There is no application of this ID.",
    ),
    "MethodNotAllowed": _refusal(
        "method_not_allowed", _("The address has no such method."), "Use GET or POST.", "Allow"
    ),
    "Conflict": _refusal("conflict", _("Somebody else was faster."), "It was changed in the meantime."),
    "RequestTimeout": _refusal(
        "request_timeout",
        _("The body did not arrive in time."),
        "The body did not arrive in time. Send it at once.",
    ),
    "RequestTooLarge": _refusal(
        "request_too_large", _("The body is over 64 KB, or over 1 MB of events."), "The body is over 64 KB."
    ),
    "UnsupportedMediaType": _refusal(
        "unsupported_media_type", _("The body is not JSON."), "Send application/json in UTF-8."
    ),
    "RateLimitExceeded": _refusal(
        "rate_limit_exceeded",
        _("The credential, or the address without one, has no request of this minute left."),
        "At most 600 requests a minute are answered.",
        "X-Rate-Limit-Reset",
        "Retry-After",
    ),
    "ServerError": _refusal(
        "server_error",
        _("A mistake of the server, which is in its log under the request's id."),
        "Something went wrong here. The request id finds it in the log.",
    ),
    "TemporarilyUnavailable": _refusal(
        "temporarily_unavailable",
        _("The store does not answer. Nothing was changed."),
        "The store does not answer. Try again in a few seconds.",
        "Retry-After",
    ),
}
