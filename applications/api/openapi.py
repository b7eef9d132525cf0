"""GET /openapi.json: the whole description."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api import rates
from applications.api.errors import ApiError
from applications.api.refusals import RESPONSES
from applications.descriptions.document import document
from applications.descriptions.operations import REFUSALS
from applications.descriptions.parts import json_of, ref, response
from applications.descriptions.registry import add_responses, describe


def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the description, to anyone."""
    if request.method not in ("GET", "HEAD"):
        raise ApiError("method_not_allowed", "Use GET.", {"Allow": "GET, HEAD"})
    rates.count_address(request)
    text = json.dumps(document(), cls=DjangoJSONEncoder, ensure_ascii=False)
    # The same for everyone, but not what the headers say of this client's rate.
    return HttpResponse(
        text, content_type="application/json", headers={"Cache-Control": "private, max-age=300"}
    )


add_responses(**RESPONSES)
describe(
    openapi,
    get={
        "operationId": "getDescription",
        "tags": ["Description"],
        "summary": _("This description"),
        "description": _("OpenAPI 3.1 of the API and the OAuth endpoints; it takes no credential."),
        "security": [],
        "responses": {
            "200": response(_("The description."), json_of({"type": "object"})),
            **{status: ref("responses", REFUSALS[status]) for status in ("405", "429")},
        },
    },
)
