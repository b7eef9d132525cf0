"""GET /applications/scopes: what an application can be granted."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import by_method
from applications.api.errors import answer
from applications.authentication.clients import Client
from applications.descriptions.operations import Operation, describes
from applications.descriptions.parts import json_of, response
from applications.models import Scope


@describes(
    Operation(
        name="getScopes",
        summary=_("List scopes"),
        description=_("What an application can be granted."),
        answers={
            "200": response(
                _("Names of scopes."),
                json_of({"type": "array", "items": {"type": "string"}}, ["sms", "viber", "groups"]),
            )
        },
    )
)
def list_them(request: HttpRequest, client: Client) -> HttpResponse:
    """Answer the names of the catalogue, in its order."""
    return answer(list(Scope.objects.available().values_list("name", flat=True)))


scopes = by_method("applications", GET=list_them)
