"""POST /applications/{applicationId}/tokens/revoke: every token of an application dies."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import NOTHING, read
from applications.api.errors import no_content
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import body, response
from applications.operations.tokens import revoke_all_tokens


@describes(
    Operation(
        name="revokeAllTokens",
        summary=_("Revoke all tokens"),
        description=_(
            "Every token of the application is dead before this is answered, however many there are."
        ),
        body=body("Nothing", {}, required=False),
        answers={"204": response(_("They are dead."))},
        refusals=("404",),
    )
)
def revoke(request: HttpRequest, client: Client, application_id: str) -> HttpResponse:
    """Revoke them all. It takes power away and gives none, so the scope is enough."""
    read(request, NOTHING)
    revoke_all_tokens(application=find(client, application_id), actor=actor_of(request, client))
    return no_content()


tokens_revoke = by_method("applications", POST=revoke)
