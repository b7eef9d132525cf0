"""GET /applications/scopes: what an application can be granted."""

from django.http import HttpRequest, HttpResponse

from applications.api.access import by_method
from applications.api.errors import answer
from applications.authentication.callers import Caller
from applications.models import Scope


def list_them(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer the names of the catalogue, in its order."""
    return answer(list(Scope.objects.available().values_list("name", flat=True)))


scopes = by_method("applications", GET=list_them)
