"""Schemas of what goes in and out."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from applications.descriptions.parts import ID, MOMENT, REQUEST_ID, SCOPES, SECRET, Node, Translatable, schema
from applications.models.applications import Lifetime
from applications.models.secrets import Overlap

TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


def whole(properties: dict[str, Any], description: Translatable = "") -> Node:
    """Return the schema of an object that always has all of these members."""
    made: Node = {"type": "object", "required": list(properties), "properties": properties}
    return {**made, "description": description} if description else made


def sent(properties: dict[str, Any], required: tuple[str, ...] = ()) -> Node:
    """Return the schema of an object that is sent: other members are refused."""
    made: Node = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def text(description: Translatable, **more: Any) -> Node:
    """Return the schema of a string."""
    return {"type": "string", "description": description, **more}


CREDENTIAL = text(_("40 lowercase hexadecimal characters."), pattern="^[0-9a-f]{40}$")
MASKED = text(
    _("All of it hidden but the last four characters; those too where the secret was found, and stopped."),
    pattern=r"^\*{36}([0-9a-f]{4}|\*{4})$",
)
NAME = text(_("What people call it; may be empty."), maxLength=100, pattern=PRINTABLE)
HELD = text(_("Names of scopes with spaces between."), example=SCOPES)
LIFETIME = text(_("How long its tokens live."), enum=list(Lifetime.values))
CREATED = text(_("In UTC."), pattern=TIME, example=MOMENT)
SHOWN_ONCE = text(
    _("Answered here and never again; only its digest is stored."), pattern="^[0-9a-f]{40}$", example=SECRET
)
SCOPES_SENT: Node = {
    "description": _("A list of names, or one string of names separated by a space. At least one."),
    "oneOf": [
        {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 40},
            "minItems": 1,
            "maxItems": 100,
        },
        {"type": "string", "minLength": 1},
    ],
}

DESCRIBED = {
    "applicationId": schema("Credential"),
    "name": NAME,
    "scopes": HELD,
    "tokenExpiration": LIFETIME,
    "settings": schema("Settings"),
}
WRITTEN = {
    **DESCRIBED,
    "enabled": {
        "type": "boolean",
        "description": _("Whether its ID, secret and tokens are accepted."),
    },
    "createdAt": CREATED,
}
LISTED = {
    "id": {"type": "integer"},
    "applicationId": schema("Credential"),
    "applicationSecret": MASKED,
    "applicationName": NAME,
    "scopes": HELD,
    "tokenExpiration": LIFETIME,
    "createdAt": CREATED,
}
NEW = {
    "name": {**NAME, "default": ""},
    "tokenExpiration": {**LIFETIME, "default": Lifetime.DAY.value},
    "scopes": SCOPES_SENT,
}
CHANGE = {
    "name": NAME,
    "tokenExpiration": LIFETIME,
    "scopes": SCOPES_SENT,
    "enabled": {
        "type": "boolean",
        "description": _("False stops its ID, secret and tokens at the next request."),
    },
    "settings": {
        "description": _("Any part of the structure; what is left out stays as it is."),
        **schema("ChangedSettings"),
    },
}
RESET = {
    "overlap": text(
        _("How long the old secret goes on working."), enum=list(Overlap.values), default=Overlap.NOW.value
    ),
    "revokeTokens": {
        "type": "boolean",
        "default": False,
        "description": _("Also let every token that was issued die at once."),
    },
    "endOlder": {
        "type": "boolean",
        "default": False,
        "description": _(
            "Whether a secret that was replaced earlier and still works may stop now. Only two work at once: without"
            " this, 409 says which one would stop, and when it was to."
        ),
    },
}
LINE = {
    "network": text(
        _("An IPv4 or IPv6 address, or a network without bits behind its prefix."), example="198.51.100.0/24"
    ),
    "note": text(_("What it is; may be empty."), maxLength=100, pattern=PRINTABLE),
}

ERROR = whole(
    {
        "error": whole(
            {
                "type": text(_("For programs."), example="not_found"),
                "message": text(_("For people.")),
                "code": {"type": "integer", "description": _("The platform's number.")},
                "uri": text(_("The path that was asked for.")),
            }
        )
    },
    _("What every refusal outside /oauth/ looks like."),
)
OAUTH_ERROR: Node = {
    "type": "object",
    "description": _("What every refusal under /oauth/ looks like (RFC 6749 section 5.2)."),
    "required": ["error", "error_description"],
    "properties": {
        "error": text(_("For programs."), example="invalid_client"),
        "error_description": text(_("For people.")),
    },
}
ACCOUNT = whole(
    {
        "account": whole(
            {"id": {"type": "integer"}, "name": {"type": "string"}, "timezone": {"type": "string"}},
            _("The account that the credential belongs to."),
        ),
        "application": {
            "description": _("Null for an API key, which belongs to the account alone."),
            "oneOf": [
                whole(
                    {"applicationId": schema("Credential"), "applicationName": {"type": "string"}},
                ),
                {"type": "null"},
            ],
        },
        "scopes": HELD,
        "expiresAt": {
            "type": ["string", "null"],
            "pattern": TIME,
            "description": _("In UTC; null when it never ends."),
        },
    }
)

SCHEMAS: dict[str, Node] = {
    "Credential": {**CREDENTIAL, "example": ID},
    "Account": ACCOUNT,
    "ApplicationList": whole({"data": {"type": "array", "items": schema("ListedApplication")}}),
    "ListedApplication": whole(LISTED),
    "Application": whole(DESCRIBED),
    "ChangedApplication": whole(WRITTEN),
    "CreatedApplication": whole({**WRITTEN, "applicationSecret": SHOWN_ONCE}),
    "NewApplication": sent(NEW, ("scopes",)),
    "ApplicationChange": sent(CHANGE),
    "SecretReset": sent(RESET),
    "NewSecret": whole(
        {
            "applicationId": schema("Credential"),
            "applicationSecret": SHOWN_ONCE,
            "oldSecretStopsAt": {**CREATED, "description": _("When the old one stops, in UTC.")},
        }
    ),
    "AllowedIP": whole({**LINE, "createdAt": CREATED}),
    "AllowedIPList": whole({"data": {"type": "array", "items": schema("AllowedIP")}}),
    "NewAllowedIP": sent({**LINE, "note": {**LINE["note"], "default": ""}}, ("network",)),
    "NewWebhookSecret": whole(
        {
            "secret": text(
                _("Answered here and never again: “whsec_” and the base64 of 32 random bytes."),
                pattern="^whsec_[A-Za-z0-9+/]{43}=$",
            )
        }
    ),
    "Nothing": sent({}),
    "Error": ERROR,
    "OAuthError": OAUTH_ERROR,
}

HEADERS: dict[str, Node] = {
    "X-Request-Id": {
        "description": _("Names this request; the panel tells by it why it was refused."),
        "schema": {"type": "string", "format": "uuid", "example": REQUEST_ID},
    },
    "X-Response-Time": {
        "description": _("How long the answer took, in milliseconds."),
        "schema": {"type": "string", "pattern": r"^\d+\.\dms$", "example": "2.1ms"},
    },
    "X-Rate-Limit-Limit": {
        "description": _("Requests a minute; absent where no limit is set."),
        "schema": {"type": "integer"},
    },
    "X-Rate-Limit-Remaining": {
        "description": _("How many of them are left."),
        "schema": {"type": "integer"},
    },
    "X-Rate-Limit-Reset": {
        "description": _("When there are new ones, in seconds since 1970."),
        "schema": {"type": "integer"},
    },
    "Retry-After": {"description": _("Seconds to wait."), "schema": {"type": "integer"}},
    "WWW-Authenticate": {
        "description": _("The challenge of RFC 6750 section 3."),
        "schema": {"type": "string"},
    },
    "Allow": {"description": _("The methods that are there."), "schema": {"type": "string"}},
}
