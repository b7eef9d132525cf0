"""POST /applications/{applicationId}/webhooks/secret: the secret that webhooks are signed with, made or rolled."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import NOTHING, read
from applications.api.errors import answer
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import body, json_of, response, schema
from applications.operations.webhook_secrets import roll_webhook_secret

EXAMPLE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw0kxWZ1mJd0U="


@describes(
    Operation(
        name="rollWebhookSecret",
        summary=_("Make or roll the signing secret of webhooks"),
        description=_(
            "A new secret is made and answered this once. It signs deliveries, as Standard Webhooks 1.0.0 says,"
            " and for 24 hours with the one before it too, so that receivers can change over. The credential has to"
            " hold every scope that the application has. 409: three secrets sign already; the error says when there is"
            " room again."
        ),
        body=body("Nothing", {}, required=False),
        answers={
            "200": response(_("The new secret."), json_of(schema("NewWebhookSecret"), {"secret": EXAMPLE}))
        },
        refusals=("404", "409"),
    )
)
def roll(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Answer the new signing secret, which is never answered again."""
    read(request, NOTHING)
    secret = roll_webhook_secret(application=find(client, application_id), actor=actor_of(request, client))
    return answer({"secret": secret})


webhook_secret = by_method("applications", POST=roll)
