"""Keeping what is somebody's out of every cache, the browser's own too (security.md 13)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

OF_PEOPLE = ("/panel/", "/operator/")


def never_stored(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware. It stands around all that answer: redirects, errors and exports are covered too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(OF_PEOPLE):
            add_never_cache_headers(response)
        return response

    return middleware
