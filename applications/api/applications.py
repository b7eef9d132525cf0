"""/applications: the account's applications, read, made, changed and deleted."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, applications_of, by_method, find
from applications.api.bodies import APPLICATION, CHANGE, FIELDS, checked, read, read_change
from applications.api.errors import ApiError, answer, no_content
from applications.api.message_settings import settings_changes
from applications.api.outputs import described, listed, written
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import ID, MOMENT, NAME, SCOPES, SECRET, body, json_of, response, schema
from applications.errors import Conflict
from applications.forms.applications import ApplicationForm
from applications.models import Account, MessageSettings
from applications.models.applications import Lifetime
from applications.operations.applications import create_application, delete_application
from applications.operations.changes import change_application

SCOPE = "applications"
HIDDEN = SECRET[-4:].rjust(len(SECRET), "*")
# Examples of what is answered; nobody has changed the settings.
DESCRIBED = {
    "applicationId": ID,
    "name": NAME,
    "scopes": SCOPES,
    "tokenExpiration": "1 day",
    "settings": MessageSettings().documented(),
}
WRITTEN = {**DESCRIBED, "enabled": True, "createdAt": MOMENT}
CREATED = {**WRITTEN, "applicationSecret": SECRET}
LISTED = {
    "id": 7,
    "applicationId": ID,
    "applicationSecret": HIDDEN,
    "applicationName": NAME,
    "scopes": SCOPES,
    "tokenExpiration": "1 day",
    "createdAt": MOMENT,
}


@describes(
    Operation(
        name="getApplicationsList",
        summary=_("List applications"),
        description=_(
            "All applications of the account, the newest first. Of a secret only the hint is known."
        ),
        answers={
            "200": response(_("The applications."), json_of(schema("ApplicationList"), {"data": [LISTED]}))
        },
    )
)
def list_them(request: HttpRequest, client: Client) -> HttpResponse:
    """Answer all applications of the account, the newest first."""
    return answer({"data": listed(applications_of(client))})


@describes(
    Operation(
        name="createApplication",
        summary=_("Create an application"),
        description=_(
            "The secret is answered this once. The credential has to hold every scope that it grants, and its own"
            " tokens have to live as long. Made by a token, the application gets the allowed IPs of the token's"
            " application. An API key with an expiry date makes none. 409: the account has as many applications as"
            " it may have."
        ),
        body=body("NewApplication", {"name": NAME, "tokenExpiration": "1 day", "scopes": ["sms", "groups"]}),
        answers={
            "201": response(
                _("The application, with its secret."), json_of(schema("CreatedApplication"), CREATED)
            )
        },
        refusals=("409",),
    )
)
def create(request: HttpRequest, client: Client) -> HttpResponse:
    """Make an application and answer its secret, which is never answered again."""
    cleaned = checked(ApplicationForm({"name": "", "lifetime": Lifetime.DAY} | read(request, APPLICATION)))
    application, secret = create_application(
        account=Account.objects.get(pk=client.account_pk), **cleaned, actor=actor_of(request, client)
    )
    return answer({**written(application), "applicationSecret": secret}, 201)


@describes(
    Operation(
        name="getApplicationSettings",
        summary=_("Get an application"),
        description=_("One application, with how its messages are treated."),
        answers={"200": response(_("The application."), json_of(schema("Application"), DESCRIBED))},
        refusals=("404",),
    )
)
def show(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Answer one application with its settings."""
    return answer(described(find(client, application_id)))


@describes(
    Operation(
        name="changeApplication",
        summary=_("Change an application"),
        description=_(
            "What is left out stays as it is. A scope taken away stops at the next call, for every token; one"
            " that is added reaches tokens issued from then on. The credential has to hold every scope that"
            " the application has, and every scope that it gets. What gives the application more (a scope, a"
            " longer lifetime, being enabled) takes a credential whose own tokens live as long, and whose allowed"
            " IPs, if there are any, hold the application's."
        ),
        body=body("ApplicationChange", {"name": NAME, "scopes": SCOPES}),
        answers={
            "200": response(
                _("The application as it is now."), json_of(schema("ChangedApplication"), WRITTEN)
            )
        },
        refusals=("404", "409"),
    )
)
def change(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Change what the body names and leave the rest; all of it or, when anything is refused, nothing."""
    values = read_change(request, CHANGE)
    application = find(client, application_id)
    changes = _own(values) | settings_changes(application, values.get("settings", {}))
    try:
        application = change_application(
            application=application, **changes, enabled=values.get("enabled"), actor=actor_of(request, client)
        )
    except Conflict:
        message = (
            "Somebody else changed these settings meanwhile. Nothing was changed: read them, and try again."
        )
        raise ApiError("conflict", message) from None
    return answer(written(application))


def _own(values: dict[str, Any]) -> dict[str, Any]:
    """Return what `values` has of name, lifetime and scopes, as the form of the panel reads it."""
    named = [name for name in map(_field, APPLICATION) if name in values]
    form = ApplicationForm(values)
    form.keep(named)
    return checked(form)


@describes(
    Operation(
        name="deleteApplication",
        summary=_("Delete an application"),
        description=_("For good: its tokens stop at once, and its ID never works again."),
        answers={"204": response(_("It is gone."))},
        refusals=("404",),
    )
)
def delete(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Delete an application for good. It takes power away and gives none, so the scope is enough."""
    delete_application(application=find(client, application_id), actor=actor_of(request, client))
    return no_content()


def _field(name: str) -> str:
    return FIELDS.get(name, name)


applications = by_method(SCOPE, GET=list_them, POST=create)
application = by_method(SCOPE, GET=show, PATCH=change, DELETE=delete)
