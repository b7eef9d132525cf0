"""POST /applications/{applicationId}/tokens/revoke: every token of an application dies."""

from django.http import HttpRequest, HttpResponse

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import NOTHING, read
from applications.api.errors import no_content
from applications.authentication.callers import Caller
from applications.operations.tokens import revoke_all_tokens


def revoke(request: HttpRequest, caller: Caller, application_id: str) -> HttpResponse:
    """Revoke them all. It takes power away and gives none, so the scope is enough."""
    read(request, NOTHING)
    revoke_all_tokens(application=find(caller, application_id), actor=actor_of(request, caller))
    return no_content()


tokens_revoke = by_method("applications", POST=revoke)
