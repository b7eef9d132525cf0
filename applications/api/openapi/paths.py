"""The addresses of the API."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from applications.api.openapi.parts import (
    ID,
    MOMENT,
    SECRET,
    Node,
    Words,
    application_id,
    json_of,
    operation,
    ref,
    schema,
    told,
)
from applications.models import MessageSettings

HIDDEN = SECRET[-4:].rjust(len(SECRET), "*")
NAME, SCOPES = "Order notifications", "sms groups"


def described() -> dict[str, Any]:
    """Return an application as an example; nobody has changed its settings."""
    return {
        "applicationId": ID,
        "name": NAME,
        "scopes": SCOPES,
        "tokenExpiration": "1 day",
        "settings": MessageSettings().documented(),
    }


def body(name: str, example: Any, *, required: bool = True) -> Node:
    """Return the body of a request, in JSON."""
    return {"required": required, "content": json_of(schema(name), example)}


def account() -> Node:
    """GET /account."""
    example = {
        "account": {"id": 1, "name": "Marlowe Logistics", "timezone": "Europe/Warsaw"},
        "application": {"applicationId": ID, "applicationName": NAME},
        "scopes": "account",
        "expiresAt": MOMENT,
    }
    return {
        "get": operation(
            "getAccount",
            _("Who am I"),
            _("Which account and application the credential belongs to, and what it may do now."),
            scope="account",
            tag="Account",
            answers={"200": told(_("Who calls."), json_of(schema("Account"), example))},
        )
    }


def scopes() -> Node:
    """GET /applications/scopes."""
    names = {"type": "array", "items": {"type": "string"}}
    return {
        "get": operation(
            "getScopes",
            _("List scopes"),
            _("What an application can be granted."),
            scope="applications",
            answers={"200": told(_("Names of scopes."), json_of(names, ["sms", "viber", "groups"]))},
        )
    }


def applications() -> Node:
    """GET and POST of /applications."""
    listed = {
        "id": 7,
        "applicationId": ID,
        "applicationSecret": HIDDEN,
        "applicationName": NAME,
        "scopes": SCOPES,
        "tokenExpiration": "1 day",
        "createdAt": MOMENT,
    }
    created = {**described(), "enabled": True, "createdAt": MOMENT, "applicationSecret": SECRET}
    return {
        "get": operation(
            "getApplicationsList",
            _("List applications"),
            _("All applications of the account, the newest first. Of a secret only the hint is known."),
            scope="applications",
            answers={
                "200": told(_("The applications."), json_of(schema("ApplicationList"), {"data": [listed]}))
            },
        ),
        "post": operation(
            "createApplication",
            _("Create an application"),
            _(
                "The secret is answered this once. The credential has to hold every scope that it grants, and its own"
                " tokens have to live as long. Made by a token, the application gets the allowed IPs of the token's"
                " application. An API key with an expiry date makes none. 409: the account has as many applications as"
                " it may have."
            ),
            scope="applications",
            body=body(
                "NewApplication", {"name": NAME, "tokenExpiration": "1 day", "scopes": ["sms", "groups"]}
            ),
            answers={
                "201": told(
                    _("The application, with its secret."), json_of(schema("CreatedApplication"), created)
                )
            },
            refusals=("409",),
        ),
    }


def application() -> Node:
    """GET, PATCH and DELETE of /applications/{applicationId}."""
    changed = {**described(), "enabled": True, "createdAt": MOMENT}
    return {
        "parameters": [application_id()],
        "get": operation(
            "getApplicationSettings",
            _("Get an application"),
            _("One application, with how its messages are treated."),
            scope="applications",
            answers={"200": told(_("The application."), json_of(schema("Application"), described()))},
            refusals=("404",),
        ),
        "patch": operation(
            "changeApplication",
            _("Change an application"),
            _(
                "What is left out stays as it is. A scope taken away stops at the next call, for every token; one"
                " that is added reaches tokens issued from then on. The credential has to hold every scope that"
                " the application has, and every scope that it gets. What gives the application more (a scope, a"
                " longer lifetime, being enabled) takes a credential whose own tokens live as long, and whose allowed"
                " IPs, if there are any, hold the application's."
            ),
            scope="applications",
            body=body("ApplicationChange", {"name": NAME, "scopes": SCOPES}),
            answers={
                "200": told(
                    _("The application as it is now."), json_of(schema("ChangedApplication"), changed)
                )
            },
            refusals=("404", "409"),
        ),
        "delete": operation(
            "deleteApplication",
            _("Delete an application"),
            _("For good: its tokens stop at once, and its ID never works again."),
            scope="applications",
            answers={"204": told(_("It is gone."))},
            refusals=("404",),
        ),
    }


def secret() -> Node:
    """POST /applications/{applicationId}/secret."""
    example = {"applicationId": ID, "applicationSecret": SECRET, "oldSecretStopsAt": MOMENT}
    return {
        "parameters": [application_id()],
        "post": operation(
            "resetSecret",
            _("Reset the secret"),
            _(
                "A new secret is made and answered this once. The credential has to hold every scope that the"
                " application has, its own tokens have to live as long, and its allowed IPs, if there are any, have to"
                " hold the application's. 409: an older secret still works and would stop (endOlder)."
            ),
            scope="applications",
            body=body("SecretReset", {"overlap": "24 hours", "revokeTokens": False, "endOlder": False}),
            answers={"200": told(_("The new secret."), json_of(schema("NewSecret"), example))},
            refusals=("404", "409"),
        ),
    }


def tokens_revoke() -> Node:
    """POST /applications/{applicationId}/tokens/revoke."""
    return {
        "parameters": [application_id()],
        "post": operation(
            "revokeAllTokens",
            _("Revoke all tokens"),
            _("Every token of the application is dead before this is answered, however many there are."),
            scope="applications",
            body=body("Nothing", {}, required=False),
            answers={"204": told(_("They are dead."))},
            refusals=("404",),
        ),
    }


# What is done with a list of allowed IPs, in the words for that of an application and that of the account.
OF_APPLICATION = (
    "Application",
    _("List an application's IPs"),
    _("Allow an IP"),
    _("Take an IP off its list"),
)
OF_ACCOUNT = (
    "Account",
    _("List the account's IPs"),
    _("Allow an IP to the account"),
    _("Take an IP off the account's"),
)


def allowed_ips(words: tuple[str, Words, Words, Words], scope: str) -> Node:
    """GET, POST and DELETE of a list of allowed IPs, told in `words`: of what, to list, to add, to remove."""
    of, to_list, to_add, to_remove = words
    tag = "Allowed IPs"
    missing = ("404",) if words is OF_APPLICATION else ()
    line = {"network": "198.51.100.0/24", "note": "Shop servers", "createdAt": MOMENT}
    named = {
        "name": "network",
        "in": "query",
        "required": True,
        "description": _("The line to remove."),
        "schema": {"type": "string"},
        "example": "198.51.100.0/24",
    }
    return {
        "get": operation(
            f"get{of}AllowedIPs",
            to_list,
            _(
                "An empty list allows every address. A request has to be in the account's and the application's."
            ),
            scope=scope,
            tag=tag,
            answers={"200": told(_("The list."), json_of(schema("AllowedIPList"), {"data": [line]}))},
            refusals=missing,
        ),
        "post": operation(
            f"add{of}AllowedIP",
            to_add,
            _(
                "Holds from the next request on, for this credential too. It has to hold every scope of what is"
                " behind the list: of the application, or all scopes where the list is the account's. No credential"
                " opens the account's list, or an application's to an address that its own list does not hold."
            ),
            scope=scope,
            tag=tag,
            body=body("NewAllowedIP", {"network": "198.51.100.0/24", "note": "Shop servers"}),
            answers={"201": told(_("The line."), json_of(schema("AllowedIP"), line))},
            refusals=missing,
        ),
        "delete": operation(
            f"remove{of}AllowedIP",
            to_remove,
            _(
                "Removing the last line allows every address, so it takes a credential that works from every address."
                " The scopes are those for adding one."
            ),
            scope=scope,
            tag=tag,
            parameters=(named,),
            answers={"204": told(_("It is gone."))},
            refusals=("404",),
        ),
    }


def openapi() -> Node:
    """GET /openapi.json."""
    refused = {
        status: ref("responses", name)
        for status, name in (("405", "MethodNotAllowed"), ("429", "RateLimitExceeded"))
    }
    return {
        "get": {
            "operationId": "getDescription",
            "tags": ["Description"],
            "summary": _("This description"),
            "description": _("OpenAPI 3.1 of the API and the OAuth endpoints; it takes no credential."),
            "security": [],
            "responses": {"200": told(_("The description."), json_of({"type": "object"})), **refused},
        }
    }


def paths() -> dict[str, Node]:
    """Return every address of the API with its operations."""
    one = "/applications/{applicationId}"
    of_application = {
        "parameters": [application_id()],
        **allowed_ips(OF_APPLICATION, "applications"),
    }
    return {
        "/account": account(),
        "/applications": applications(),
        "/applications/scopes": scopes(),
        one: application(),
        f"{one}/secret": secret(),
        f"{one}/tokens/revoke": tokens_revoke(),
        f"{one}/allowed-ips": of_application,
        "/account/allowed-ips": allowed_ips(OF_ACCOUNT, "account"),
        "/openapi.json": openapi(),
    }
