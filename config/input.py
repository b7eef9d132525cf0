"""Refuses NUL characters in addresses and cookies, before sessions, languages or the operator's site read them.

PostgreSQL cannot hold a NUL in a text, so a NUL that reaches a query is an error of the database: the page would
answer 500 to anybody. Form fields are not checked here: forms refuse a NUL themselves, with an error at the field.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, QueryDict

NUL = "\0"


def without_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware: a cookie or a value of the query with a NUL counts as not sent, such a path is a 404.

    Lists take what they cannot mean as not said, and a browser would send the cookie again with each request: refused,
    it could open no page any more.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if NUL in request.path_info:
            raise Http404
        for name in [name for name, value in request.COOKIES.items() if NUL in name + value]:
            del request.COOKIES[name]
        if any(NUL in name + "".join(values) for name, values in request.GET.lists()):
            request.GET = _without_nul(request.GET)  # type: ignore[assignment]  # a QueryDict that is not frozen yet
        return get_response(request)

    return middleware


def _without_nul(query: QueryDict) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        good = [value for value in values if NUL not in value]
        if NUL not in name and good:  # a name with an empty list would be a list to who asks for its value
            kept.setlist(name, good)
    return kept
