"""POST /applications/{applicationId}/secret: a new secret in place of the old one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import SECRET, checked, read
from applications.api.errors import ApiError, answer
from applications.api.outputs import time
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import ID, MOMENT, body, json_of, response, schema
from applications.descriptions.parts import SECRET as A_SECRET
from applications.forms.secrets import ResetSecretForm
from applications.models import Application
from applications.models.secrets import Overlap
from applications.operations.secrets import OlderSecretWorks, reset_secret

NEW_SECRET = {"applicationId": ID, "applicationSecret": A_SECRET, "oldSecretStopsAt": MOMENT}


@describes(
    Operation(
        name="resetSecret",
        summary=_("Reset the secret"),
        description=_(
            "A new secret is made and answered this once. The credential has to hold every scope that the"
            " application has, its own tokens have to live as long, and its allowed IPs, if there are any, have to"
            " hold the application's. 409: an older secret still works and would stop (endOlder)."
        ),
        body=body("SecretReset", {"overlap": "24 hours", "revokeTokens": False, "endOlder": False}),
        answers={"200": response(_("The new secret."), json_of(schema("NewSecret"), NEW_SECRET))},
        refusals=("404", "409"),
    )
)
def reset(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Answer the new secret, which is never answered again, and when the old one stops.

    An older one that still works would stop too: 409 that says which, unless `endOlder` says so.
    """
    values = read(request, SECRET)
    application = find(client, application_id)
    chosen = _chosen(application, values)
    try:
        secret = reset_secret(application=application, **chosen, actor=actor_of(request, client))
    except OlderSecretWorks as error:
        raise ApiError("conflict", f'{error.message} Send "endOlder": true if it may stop.') from None
    old = application.secrets.get(pk=chosen["current"])
    return answer(
        {
            "applicationId": application.application_id,
            "applicationSecret": secret,
            "oldSecretStopsAt": old.expires_at and time(old.expires_at),
        }
    )


def _chosen(application: Application, values: dict[str, Any]) -> dict[str, Any]:
    """What the operation takes, read by the form of the panel; left out, the old secret stops now.

    Which secrets there are is read before the operation locks them: what appears meanwhile it does not replace.
    """
    any_older = values.pop("end_older", False)
    current = application.secrets.get(expires_at=None).pk
    cleaned = checked(ResetSecretForm({"overlap": Overlap.NOW, "current": current, **values}))
    older = application.secrets.older().values_list("pk", flat=True)
    return {
        "overlap": cleaned["overlap"],
        "revoke_tokens": cleaned["revoke"],
        "current": cleaned["current"],
        "end_older": list(older) if any_older else [],
    }


secret = by_method("applications", POST=reset)
