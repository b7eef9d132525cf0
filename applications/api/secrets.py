"""POST /applications/{applicationId}/secret: a new secret in place of the old one."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from applications.api.access import actor_of, by_method, find, must_hold
from applications.api.bodies import SECRET, checked, read
from applications.api.errors import answer
from applications.api.outputs import time
from applications.authentication.callers import Caller
from applications.forms.secrets import ResetSecretForm
from applications.models import Application
from applications.models.secrets import Overlap
from applications.operations.applications import locked
from applications.operations.secrets import reset_secret


def reset(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Answer the new secret, which is never answered again, and when the old one stops."""
    values = read(request, SECRET)
    with transaction.atomic():
        application = locked(find(caller, application_id))
        must_hold(caller, application.scope_names)
        chosen = _chosen(application, values)
        secret = reset_secret(application=application, **chosen, actor=actor_of(request, caller))
    old = application.secrets.exclude(expires_at=None).latest("expires_at", "pk")
    return answer(
        {
            "applicationId": application.application_id,
            "applicationSecret": secret,
            "oldSecretStopsAt": old.expires_at and time(old.expires_at),
        }
    )


def _chosen(application: Application, values: dict[str, Any]) -> dict[str, Any]:
    """What the operation takes, read by the form of the panel; left out, the old secret stops now."""
    form = ResetSecretForm({"overlap": Overlap.NOW, "current": _current(application), **values})
    cleaned = checked(form)
    return {
        "overlap": Overlap(cleaned["overlap"]).span,
        "revoke_tokens": cleaned["revoke"],
        "current": cleaned["current"],
    }


def _current(application: Application) -> int:
    return application.secrets.get(expires_at=None).pk


secret = by_method("applications", POST=reset)
