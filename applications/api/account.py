"""GET /account: which account and application a credential belongs to."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import by_method
from applications.api.errors import answer
from applications.authentication.callers import Caller
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import ID, MOMENT, NAME, json_of, schema, told

CALLER = {
    "account": {"id": 1, "name": "Marlowe Logistics", "timezone": "Europe/Warsaw"},
    "application": {"applicationId": ID, "applicationName": NAME},
    "scopes": "account",
    "expiresAt": MOMENT,
}


@describes(
    Operation(
        name="getAccount",
        summary=_("Who am I"),
        description=_("Which account and application the credential belongs to, and what it may do now."),
        tag="Account",
        answers={"200": told(_("Who calls."), json_of(schema("Account"), CALLER))},
    )
)
def show(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer who the caller is: account, application, scopes now, and when the token expires (UTC)."""
    return answer(
        {
            "account": {
                "id": caller.account_pk,
                "name": caller.account_name,
                "timezone": caller.account_timezone,
            },
            "application": _application(caller),
            "scopes": " ".join(caller.scopes),
            "expiresAt": caller.expires_at and f"{caller.expires_at:%Y-%m-%d %H:%M:%S}",
        }
    )


def _application(caller: Caller) -> dict[str, str] | None:
    """The application of a token; an API key belongs to the account alone."""
    if caller.application_pk is None:
        return None
    return {"applicationId": caller.application_id, "applicationName": caller.application_name}


account = by_method("account", GET=show)
