"""The OAuth endpoints."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from applications.api.openapi.parts import ID, TOKEN, Node, Words, json_of, ref, schema
from applications.api.openapi.schemas import HELD, text, whole

FORM = "application/x-www-form-urlencoded"
CLIENT_SECURITY: list[Node] = [{"clientBasic": []}, {}]
COMMON = {
    "X-Request-Id": ref("headers", "X-Request-Id"),
    "X-Response-Time": ref("headers", "X-Response-Time"),
}

ACTIVE = {
    "type": "object",
    "required": ["active", "scope", "client_id", "token_type", "iat", "iss", "sub", "account_id"],
    "properties": {
        "active": {"const": True},
        "scope": HELD,
        "client_id": schema("Credential"),
        "token_type": {"const": "Bearer"},
        "iat": {"type": "integer", "description": _("Seconds since 1970.")},
        "exp": {"type": "integer", "description": _("Seconds since 1970; absent when it never expires.")},
        "iss": {"type": "string", "format": "uri"},
        "sub": schema("Credential"),
        "account_id": {"type": "integer"},
        "client_name": text(_("For resource servers alone: the application's name.")),
        "settings": {
            "description": _("For resource servers alone: how the application's messages are treated."),
            **schema("Settings"),
        },
    },
}
OAUTH_SCHEMAS: dict[str, Node] = {
    "Token": whole(
        {
            "access_token": schema("Credential"),
            "token_type": {"const": "Bearer"},
            "expires_in": {
                "type": "integer",
                "description": _("Seconds; 2147483647 for a token that does not expire."),
            },
            "scope": HELD,
        }
    ),
    "Introspection": {
        "oneOf": [
            schema("ActiveToken"),
            whole({"active": {"const": False}}, _("Unknown, expired, revoked or not yours to see.")),
        ]
    },
    "ActiveToken": ACTIVE,
    "Metadata": whole(
        {
            "issuer": {"type": "string", "format": "uri"},
            **{
                name: {"type": "string", "format": "uri"}
                for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint")
            },
            **{
                f"{name}_endpoint_auth_methods_supported": {"type": "array", "items": {"type": "string"}}
                for name in ("token", "introspection", "revocation")
            },
            "grant_types_supported": {"type": "array", "items": {"type": "string"}},
            "response_types_supported": {"type": "array", "items": {"type": "string"}},
            "scopes_supported": {"type": "array", "items": {"type": "string"}},
        }
    ),
}
CLIENT = {
    "client_id": text(_("The application's ID, where it is not in the header.")),
    "client_secret": text(_("The application's secret, where it is not in the header.")),
}


def _told(words: Words, content: Node | None = None, headers: dict[str, Node] | None = None) -> Node:
    answer: Node = {"description": words, "headers": {**COMMON, **(headers or {})}}
    return {**answer, "content": content} if content is not None else answer


def _refused(words: Words, error: str, *headers: str) -> Node:
    example = {"error": error, "error_description": "…"}
    named = {name: ref("headers", name) for name in headers}
    return _told(words, json_of(schema("OAuthError"), example), named)


def _refusals() -> dict[str, Node]:
    too_many = _("Too many failed tries of this client from this address; the right secret is never refused.")
    return {
        "400": _refused(
            _("The request is malformed, or asks for what is not there to have."), "invalid_request"
        ),
        "401": _refused(
            _("The client is unknown, disabled, or not who it says; the four look alike."),
            "invalid_client",
            "WWW-Authenticate",
        ),
        "405": _refused(_("Use POST."), "invalid_request", "Allow"),
        "413": _refused(_("The body is over 64 KB."), "invalid_request"),
        "415": _refused(_("The body is not a form in UTF-8."), "invalid_request"),
        "429": _refused(too_many, "invalid_client", "Retry-After"),
        "500": _refused(_("A mistake of the server."), "server_error"),
        "503": _refused(_("The store does not answer."), "temporarily_unavailable", "Retry-After"),
    }


def _form(
    name: str,
    summary: Words,
    description: Words,
    properties: dict[str, Any],
    required: list[str],
    answered: Node,
    example: dict[str, str],
) -> Node:
    """A POST of a form, by a client that proves itself by the header or in the body."""
    sent = {"type": "object", "properties": {**properties, **CLIENT}, "required": required}
    return {
        "post": {
            "operationId": name,
            "tags": ["OAuth"],
            "summary": summary,
            "description": description,
            "security": CLIENT_SECURITY,
            "requestBody": {"required": True, "content": {FORM: {"schema": sent, "example": example}}},
            "responses": {"200": answered, **_refusals()},
        }
    }


def token() -> Node:
    """POST /oauth/token."""
    example = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86400, "scope": "sms groups"}
    return _form(
        "getAccessToken",
        _("Get an access token"),
        _(
            "Trades ID and secret for a bearer token (RFC 6749 section 4.4). Send them by HTTP Basic, or in the"
            " body. Without a scope the token has all that the application holds."
        ),
        {
            "grant_type": text(_("Always the same."), enum=["client_credentials"]),
            "scope": text(
                _("Names of scopes with spaces between; each of them the application has to hold.")
            ),
        },
        ["grant_type"],
        _told(_("The token."), json_of(schema("Token"), example)),
        {"grant_type": "client_credentials"},
    )


def introspect() -> Node:
    """POST /oauth/introspect."""
    example = {
        "active": True,
        "scope": "sms groups",
        "client_id": ID,
        "token_type": "Bearer",
        "iat": 1795527125,
        "iss": settings.ISSUER,
        "sub": ID,
        "account_id": 1,
        "exp": 1795613525,
    }
    return _form(
        "introspectToken",
        _("Ask about a token"),
        _(
            "Whether it works now, and for what (RFC 7662). An application learns of its own account's tokens alone."
        ),
        {
            "token": text(_("The token in question.")),
            "token_type_hint": text(_("Not needed, and not heeded.")),
            "client_ip": text(_("Where the token was used from; held against the allowed IPs.")),
        },
        ["token"],
        _told(_("What it is worth."), json_of(schema("Introspection"), example)),
        {"token": TOKEN},
    )


def revoke() -> Node:
    """POST /oauth/revoke."""
    return _form(
        "revokeToken",
        _("Give up a token"),
        _(
            "A token of the calling application dies (RFC 7009). One that is unknown or another's gets the same answer."
        ),
        {"token": text(_("The token to revoke.")), "token_type_hint": text(_("Not needed, and not heeded."))},
        ["token"],
        _told(_("It does not work any more."), json_of({"type": "object"}, {})),
        {"token": TOKEN},
    )


def verify() -> Node:
    """GET /oauth/verify."""
    passed: dict[str, Node] = {
        "X-Application-Id": {"schema": schema("Credential"), "description": _("Absent for an API key.")},
        "X-Account-Id": {"schema": {"type": "integer"}},
        "X-Scope": {"schema": {"type": "string"}, "description": _("All that the credential may do now.")},
    }
    scope = {
        "name": "scope",
        "in": "query",
        "required": True,
        "description": _(
            "What the request behind the gateway needs; all of these, separated by a space. It is the one parameter."
        ),
        "schema": {"type": "string"},
        "example": "groups",
    }
    refusals = _refusals()
    return {
        "get": {
            "operationId": "verifyRequest",
            "tags": ["OAuth"],
            "summary": _("Check a request, for gateways"),
            "description": _("Every method is taken, as gateways pass on that of the request they hold."),
            "security": [{"accessToken": []}, {"apiKey": []}],
            "parameters": [scope],
            "responses": {
                "200": _told(_("The gateway may let it through. The body is empty."), headers=passed),
                "400": _refused(
                    _(
                        "The gateway has asked wrongly: not for a scope, or for something besides. The log has it."
                    ),
                    "invalid_request",
                ),
                "401": refusals["401"],
                "403": _refused(
                    _("The scope is not held, or the address not allowed."),
                    "insufficient_scope",
                    "WWW-Authenticate",
                ),
                "500": refusals["500"],
                "503": refusals["503"],
            },
        }
    }


def metadata() -> Node:
    """GET /.well-known/oauth-authorization-server."""
    refusals = _refusals()
    return {
        "get": {
            "operationId": "getMetadata",
            "tags": ["OAuth"],
            "summary": _("Where everything is"),
            "description": _("What a client can find out by itself (RFC 8414)."),
            "security": [],
            "responses": {
                "200": _told(_("The endpoints."), json_of(schema("Metadata"))),
                "405": refusals["405"],
                "500": refusals["500"],
                "503": refusals["503"],
            },
        }
    }


def paths() -> dict[str, Node]:
    """Return every OAuth endpoint."""
    return {
        "/oauth/token": token(),
        "/oauth/introspect": introspect(),
        "/oauth/revoke": revoke(),
        "/oauth/verify": verify(),
        "/.well-known/oauth-authorization-server": metadata(),
    }


def security_schemes(scopes: dict[str, str]) -> dict[str, Node]:
    """Return the ways to say who one is; `scopes` are names with what they are for."""
    flow = {"tokenUrl": f"{settings.ISSUER}/oauth/token", "scopes": scopes}
    return {
        "accessToken": {"type": "oauth2", "flows": {"clientCredentials": flow}},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
        "clientBasic": {
            "type": "http",
            "scheme": "basic",
            "description": _("An application's ID and secret, each form-encoded (RFC 6749 section 2.3.1)."),
        },
    }
