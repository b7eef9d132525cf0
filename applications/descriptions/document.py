"""The whole description, gathered from the views."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from applications.descriptions.message_settings import CHANGED_SETTINGS, SETTINGS
from applications.descriptions.parts import Node
from applications.descriptions.registry import components, described_paths
from applications.descriptions.schemas import HEADERS, SCHEMAS
from applications.models import Scope

VERSION = "1.0"
TAGS = {
    "OAuth": _("Tokens: got, asked about, given up."),
    "Account": _("Who a credential belongs to."),
    "Applications": _("The account's applications: made, changed and deleted."),
    "Messages": _("How texts are treated before they are sent."),
    "Webhooks": _("What happened, and how applications are told about it."),
    "Allowed IPs": _("From where credentials may be used."),
    "Found credentials": _(
        "Credentials that somebody found where they do not belong, and how to search for them."
    ),
    "Health": _("For the machines that watch this server."),
    "Description": _("What you read here."),
}


def document() -> Node:
    """Return the description, in the language of this moment."""
    paths, registered = described_paths(), components()
    scopes = dict(Scope.objects.available().values_list("name", "description"))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Latchkey",
            "version": VERSION,
            "description": _(
                "Applications trade ID and secret for an access token and call the API with it, or with an API key"
                " in the header X-API-KEY. Bodies and answers are JSON; times are in UTC."
            ),
        },
        "servers": [{"url": settings.PUBLIC_URL}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": _security_schemes(scopes),
            "schemas": {
                **SCHEMAS,
                **registered["schemas"],
                "Settings": SETTINGS,
                "ChangedSettings": CHANGED_SETTINGS,
            },
            "responses": registered["responses"],
            "headers": HEADERS,
        },
    }


def _security_schemes(scopes: dict[str, str]) -> dict[str, Node]:
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
