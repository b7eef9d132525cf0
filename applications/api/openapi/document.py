"""GET /openapi.json: the whole description."""

import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api import rates
from applications.api.errors import ApiError
from applications.api.openapi import messages, oauth, paths
from applications.api.openapi.parts import Node
from applications.api.openapi.refusals import RESPONSES
from applications.api.openapi.schemas import HEADERS, SCHEMAS
from applications.api.openapi.settings import CHANGED_SETTINGS, SETTINGS
from applications.models import Scope

VERSION = "1.0"
TAGS = {
    "OAuth": _("Tokens: got, asked about, given up."),
    "Account": _("Who a credential belongs to."),
    "Applications": _("The account's applications: made, changed and deleted."),
    "Messages": _("How texts are treated before they are sent."),
    "Allowed IPs": _("From where credentials may be used."),
    "Description": _("What you read here."),
}


def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the description, to anyone."""
    if request.method not in ("GET", "HEAD"):
        raise ApiError("method_not_allowed", "Use GET.", {"Allow": "GET, HEAD"})
    rates.spend_of_address(request)
    text = json.dumps(document(), cls=DjangoJSONEncoder, ensure_ascii=False)
    # The same for everyone, but not what the headers say of this caller's rate.
    return HttpResponse(
        text, content_type="application/json", headers={"Cache-Control": "private, max-age=300"}
    )


def document() -> Node:
    """Return the description, in the language of this moment."""
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
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": {**oauth.paths(), **paths.paths(), **messages.paths()},
        "components": {
            "securitySchemes": oauth.security_schemes(scopes),
            "schemas": {
                **SCHEMAS,
                **oauth.OAUTH_SCHEMAS,
                **messages.MESSAGE_SCHEMAS,
                "Settings": SETTINGS,
                "ChangedSettings": CHANGED_SETTINGS,
            },
            "responses": RESPONSES,
            "headers": HEADERS,
        },
    }
