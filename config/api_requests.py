"""Requests of the API and of OAuth, answered ahead of Django's handler: all paths but the pages.

A token request needs no sessions, messages, CSRF protection or languages, and none of Django's signals and middleware:
they would take more time than the request itself. Every exception becomes JSON (config/refusals.py); so do the errors
for which Django has HTML pages.
"""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from applications.api import errors as api
from applications.api import rates
from config.answer_headers import with_headers
from config.bodies import read_chunked, read_larger
from config.framing import check_framing
from config.metrics import metrics
from config.paths import HEALTH, METRICS, OAUTH, first_part, is_page
from config.refusals import api_error, recorded, refuse_api, refuse_oauth
from config.request_ids import enter

type Refuse = Callable[[HttpRequest, Exception], HttpResponse]


def api_requests_first(django: WSGIApplication) -> WSGIApplication:
    """Return the WSGI application: pages are answered by `django`, all other paths here."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        read_chunked(environ)
        if is_page(environ["PATH_INFO"]):
            return django(environ, start_response)
        try:
            response = _answer(WSGIRequest(environ))
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return [response.content]
        finally:
            close_old_connections()  # as Django does at the end of its own requests

    return application


def _answer(request: HttpRequest) -> HttpResponse:
    enter(request)
    if request.path_info == METRICS:
        return with_headers(request, metrics(request), time.perf_counter())
    first = first_part(request.path_info)
    if first in OAUTH:
        return _answered(request, refuse_oauth)
    if first == HEALTH:
        return _health(request)
    response = _answered(request, refuse_api)
    rates.add_headers(request, response)
    return response


def _answered(request: HttpRequest, refuse: Refuse) -> HttpResponse:
    started = time.perf_counter()
    try:
        check_framing(request)
        match = _resolve(request.path_info)
        read_larger(request)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as error:  # each becomes an answer; those of no known kind are logged
        response = recorded(request, refuse(request, error))
    return with_headers(request, response, started)


def _health(request: HttpRequest) -> HttpResponse:
    """Answer under any Host, with or without https, and count and keep nothing."""
    started = time.perf_counter()
    try:
        match = _resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as error:  # as in _answered
        response = api.refuse(api_error(request, error), request.path)
    return with_headers(request, response, started)


_resolve = lru_cache(maxsize=1024)(resolve)  # clients request the same few paths
