"""/applications: the account's applications, read, made, changed and deleted."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from applications.api.access import actor_of, applications_of, by_method, find, must_hold
from applications.api.bodies import APPLICATION, CHANGE, FIELDS, checked, read, read_change
from applications.api.errors import answer, no_content
from applications.api.message_settings import change_settings
from applications.api.outputs import described, listed, written
from applications.authentication.callers import Caller
from applications.forms.applications import ApplicationForm
from applications.models import Account, Application
from applications.models.applications import Lifetime
from applications.operations.applications import (
    create_application,
    delete_application,
    locked,
    switch_application,
    update_application,
)

SCOPE = "applications"


def list_them(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer all applications of the account, the newest first."""
    return answer({"data": listed(applications_of(caller))})


def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make an application and answer its secret, which is never answered again."""
    cleaned = _cleaned(caller, {"name": "", "lifetime": Lifetime.DAY} | read(request, APPLICATION))
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
    with transaction.atomic():
        # Locked first: what the body leaves out is kept as it is now, and not as it was before another change.
        application = locked(find(caller, application_id))
        must_hold(caller, application.scope_names)
        application = _change(request, caller, application, values)
    return answer(written(application))


def _change(
    request: HttpRequest, caller: Caller, application: Application, values: dict[str, Any]
) -> Application:
    actor = actor_of(request, caller)
    if own := {name: values[name] for name in map(_field, APPLICATION) if name in values}:
        cleaned = _cleaned(caller, _fields(application) | own)
        application = update_application(application=application, **cleaned, actor=actor)
    if "enabled" in values:
        switch_application(application=application, enabled=values["enabled"], actor=actor)
        application.is_enabled = values["enabled"]
    if "settings" in values:
        change_settings(application, values["settings"], actor)
    return application


def delete(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Delete an application for good. It takes power away and gives none, so the scope is enough."""
    delete_application(application=find(caller, application_id), actor=actor_of(request, caller))
    return no_content()


def _cleaned(caller: Caller, data: dict[str, Any]) -> dict[str, Any]:
    """What the operations take; every scope of it is one that the caller holds."""
    cleaned = checked(ApplicationForm(data))
    must_hold(caller, [scope.name for scope in cleaned["scopes"]])
    return cleaned


def _fields(application: Application) -> dict[str, Any]:
    return {"name": application.name, "lifetime": application.lifetime, "scopes": application.scope_names}


def _field(name: str) -> str:
    return FIELDS.get(name, name)


applications = by_method(SCOPE, GET=list_them, POST=create)
application = by_method(SCOPE, GET=show, PATCH=change, DELETE=delete)
