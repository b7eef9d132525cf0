"""Pieces that the OAuth endpoints describe themselves by."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from applications.descriptions.parts import FORM, Node, Translatable, json_of, ref, schema
from applications.descriptions.schemas import text

CLIENT_SECURITY: list[Node] = [{"clientBasic": []}, {}]
COMMON = {
    "X-Request-Id": ref("headers", "X-Request-Id"),
    "X-Response-Time": ref("headers", "X-Response-Time"),
}
CLIENT = {
    "client_id": text(_("The application's ID, where it is not in the header.")),
    "client_secret": text(_("The application's secret, where it is not in the header.")),
}


def response(
    description: Translatable, content: Node | None = None, headers: dict[str, Node] | None = None
) -> Node:
    """Return a response; `content` is of `json_of`, or None when there is no body."""
    answer: Node = {"description": description, "headers": {**COMMON, **(headers or {})}}
    return {**answer, "content": content} if content is not None else answer


def refused(description: Translatable, error: str, *headers: str) -> Node:
    """Return the response of an error (RFC 6749 section 5.2); `headers` are those that it has besides."""
    example = {"error": error, "error_description": "…"}
    named = {name: ref("headers", name) for name in headers}
    return response(description, json_of(schema("OAuthError"), example), named)


def refusals() -> dict[str, Node]:
    """Return how a client's form can be refused, by status."""
    too_many = _("Too many failed tries of this client from this address; the right secret is never refused.")
    return {
        "400": refused(
            _("The request is malformed, or asks for what is not there to have."), "invalid_request"
        ),
        "401": refused(
            _("The client is unknown, disabled, or not who it says; the four look alike."),
            "invalid_client",
            "WWW-Authenticate",
        ),
        "405": refused(_("Use POST."), "invalid_request", "Allow"),
        "408": refused(_("The body did not arrive in time."), "invalid_request"),
        "413": refused(_("The body is over 64 KB."), "invalid_request"),
        "415": refused(_("The body is not a form in UTF-8."), "invalid_request"),
        "429": refused(too_many, "invalid_client", "Retry-After"),
        "500": refused(_("A mistake of the server."), "server_error"),
        "503": refused(_("The store does not answer."), "temporarily_unavailable", "Retry-After"),
    }


def form(
    name: str,
    summary: Translatable,
    description: Translatable,
    properties: dict[str, Any],
    required: list[str],
    answered: Node,
    example: dict[str, str],
) -> Node:
    """Return the POST of a form, by a client that proves itself by the header or in the body."""
    sent = {"type": "object", "properties": {**properties, **CLIENT}, "required": required}
    return {
        "operationId": name,
        "tags": ["OAuth"],
        "summary": summary,
        "description": description,
        "security": CLIENT_SECURITY,
        "requestBody": {"required": True, "content": {FORM: {"schema": sent, "example": example}}},
        "responses": {"200": answered, **refusals()},
    }
