"""What no page has a use for ends here, before sessions, languages or filters of the operator site read it.

PostgreSQL cannot hold a NUL in a text, so a NUL that reaches a query is an error of the database: the page would
answer 500 to anybody. Form fields are not looked at here: forms refuse a NUL themselves, with words at the field.
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

NUL = "\0"


def refuse_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware: a NUL in the path or the query is a 400, a cookie with one counts as not sent.

    The cookie is dropped because a browser would send it again with each request, and could open no page any more.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if NUL in name + value]:
            del request.COOKIES[name]
        if NUL in request.path_info or _holds_nul(request):
            raise BadRequest("There is a NUL in the address.")
        return get_response(request)

    return middleware


def _holds_nul(request: HttpRequest) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in request.GET.lists())
