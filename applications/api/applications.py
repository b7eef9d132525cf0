"""/applications: the account's applications, read, made, changed and deleted."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from applications.api.access import actor_of, applications_of, by_method, find
from applications.api.bodies import APPLICATION, CHANGE, FIELDS, checked, read, read_change
from applications.api.errors import ApiError, answer, no_content
from applications.api.message_settings import settings_changes
from applications.api.outputs import described, listed, written
from applications.authentication.callers import Caller
from applications.errors import Conflict
from applications.forms.applications import ApplicationForm
from applications.models import Account, Application
from applications.models.applications import Lifetime
from applications.operations.applications import create_application, delete_application
from applications.operations.changes import change_application

SCOPE = "applications"


def list_them(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer all applications of the account, the newest first."""
    return answer({"data": listed(applications_of(caller))})


def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make an application and answer its secret, which is never answered again."""
    cleaned = checked(ApplicationForm({"name": "", "lifetime": Lifetime.DAY} | read(request, APPLICATION)))
    application, secret = create_application(
        account=Account.objects.get(pk=caller.account_pk), **cleaned, actor=actor_of(request, caller)
    )
    return answer({**written(application), "applicationSecret": secret}, 201)


def show(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Answer one application with its settings."""
    return answer(described(find(caller, application_id)))


def change(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Change what the body names and leave the rest; all of it or, when anything is refused, nothing."""
    values = read_change(request, CHANGE)
    application = find(caller, application_id)
    changes = _own(application, values) | settings_changes(application, values.get("settings", {}))
    try:
        application = change_application(
            application=application, **changes, enabled=values.get("enabled"), actor=actor_of(request, caller)
        )
    except Conflict:
        message = (
            "Somebody else changed these settings meanwhile. Nothing was changed: read them, and try again."
        )
        raise ApiError("conflict", message) from None
    return answer(written(application))


def _own(application: Application, values: dict[str, Any]) -> dict[str, Any]:
    """Return what `values` has of name, lifetime and scopes, as the form of the panel reads it."""
    named = [name for name in map(_field, APPLICATION) if name in values]
    if not named:
        return {}
    cleaned = checked(ApplicationForm(_fields(application) | {name: values[name] for name in named}))
    return {name: cleaned[name] for name in named}


def delete(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Delete an application for good. It takes power away and gives none, so the scope is enough."""
    delete_application(application=find(caller, application_id), actor=actor_of(request, caller))
    return no_content()


def _fields(application: Application) -> dict[str, Any]:
    return {"name": application.name, "lifetime": application.lifetime, "scopes": application.scope_names}


def _field(name: str) -> str:
    return FIELDS.get(name, name)


applications = by_method(SCOPE, GET=list_them, POST=create)
application = by_method(SCOPE, GET=show, PATCH=change, DELETE=delete)
