"""Requests of the API and of OAuth, answered ahead of Django's handler: all paths but the pages.

A token request needs no sessions, messages, CSRF protection or languages, and none of Django's signals and middleware:
they would take more time than the request itself. Every exception becomes JSON here, in the form that OAuth or the API
has for errors; so do the errors for which Django has HTML pages.
"""

import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from applications.api import errors as api
from applications.api import rates
from applications.authentication.refused import refused_request
from applications.authentication.transport import believe_proxies_alone, is_refused, security_header
from applications.errors import DomainError
from applications.oauth import errors as oauth
from applications.operations.usage import record_refused_request
from config.bodies import BodyBrokeOff, BodyTooSlow, read_chunked
from config.logging import redacted
from config.streams import TooManyStreams
from config.threads import QueueFull

logger = logging.getLogger(__name__)
# The logger that Django uses for this, so that one filter limits all such lines (config/logging.py).
host_logger = logging.getLogger("django.security.DisallowedHost")

type Answer = Callable[[HttpRequest], HttpResponse]

OAUTH = frozenset({"oauth", ".well-known"})
# The first part of the paths of pages. All other paths, those that do not exist too, get the answers of the API.
PAGES = frozenset({"panel", "operator", "static"})
# Statuses of requests that people want to know the reason of. 404 and 409 are answers like others.
RECORDED = frozenset({400, 401, 403, 405, 413, 415, 429})
# On every answer, unless the view has set the header itself (Cache-Control, where caches may keep the answer).
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PlainHttp(BadRequest):
    """The request came over http, and the public address of this server is https."""


# What went wrong → the error's name (the same word at both edges), and what a developer reads.
UNAVAILABLE = ("temporarily_unavailable", "The store does not answer. Try again in a few seconds.")
FAILURES: tuple[tuple[type[Exception], tuple[str, str]], ...] = (
    (Resolver404, ("not_found", "There is nothing at this address.")),
    (RequestDataTooBig, ("request_too_large", "The body is over 64 KB.")),
    (
        DisallowedHost,
        ("invalid_request", "This server has no such Host. ALLOWED_HOSTS names those that it has."),
    ),
    (BodyTooSlow, ("request_timeout", "The body did not arrive in time.")),
    (BodyBrokeOff, ("invalid_request", "The body broke off before its end.")),
    (QueueFull, ("temporarily_unavailable", "Too many requests at once. Try again in a few seconds.")),
    (TooManyStreams, ("temporarily_unavailable", "Too many exports at once. Try again in a minute.")),
    (PlainHttp, ("invalid_request", "Use https: over http, everyone on the way can read the credential.")),
    (BadRequest, ("invalid_request", "The request is malformed.")),
    (SuspiciousOperation, ("invalid_request", "The request is malformed.")),
    (InterfaceError, UNAVAILABLE),
    (DatabaseError, UNAVAILABLE),
)


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


def refusal(environ: WSGIEnvironment, error: Exception) -> HttpResponse:
    """Return the answer to a request that is refused before its body is read, in the form of OAuth, API or page.

    It makes no query: it runs on the event loop, which must not wait.
    """
    request, started = WSGIRequest(environ), time.perf_counter()
    _enter(request)
    first = _first(request.path_info)
    if first in OAUTH:
        response = _recorded(request, _oauth(request, error))
    elif is_page(request.path_info):
        response = _plain(request, error)
    else:
        response = _recorded(request, api.refuse(_api_error(request, error), request.path))
    return _signed(request, response, started)


def _plain(request: HttpRequest, error: Exception) -> HttpResponse:
    refused = oauth.OAuthError(*_named(request, error))
    response = HttpResponse(f"{refused.description}\n", "text/plain; charset=utf-8", refused.status)
    if refused.status == 503:
        response.headers["Retry-After"] = "5"
    return response


def request_ids(get_response: Answer) -> Answer:
    """Return the middleware that gives requests for pages an ID, as requests of the API have one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        _enter(request)
        response = get_response(request)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def _first(path: str) -> str:
    return path[1:].partition("/")[0]


def is_page(path: str) -> bool:
    """Whether people are asked for this path, and not programs."""
    return path == "/" or _first(path) in PAGES


def _enter(request: HttpRequest) -> None:
    """Give the request its ID, and drop headers that only a trusted proxy may set."""
    believe_proxies_alone(request)
    # It need not be secret, so it comes from `random`, which needs no system call.
    unique = uuid.UUID(int=random.getrandbits(128), version=4)
    request.request_id = str(unique)  # type: ignore[attr-defined]  # read by every edge


def _answer(request: HttpRequest) -> HttpResponse:
    _enter(request)
    if _first(request.path_info) in OAUTH:
        return _answered(request, _oauth)
    response = _answered(request, _api)
    rates.add_headers(request, response)
    return response


def _answered(request: HttpRequest, refuse: Callable[[HttpRequest, Exception], HttpResponse]) -> HttpResponse:
    started = time.perf_counter()
    try:
        _check_framing(request)
        match = _resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as error:  # each becomes an answer; those of no known kind are logged
        response = _recorded(request, refuse(request, error))
    return _signed(request, response, started)


def _recorded(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep what was refused, for the people whose credential it came with, and return the answer."""
    if response.status_code in RECORDED:
        told = json.loads(response.content)
        if isinstance(error := told["error"], dict):
            kind, message = error["type"], error["message"]
        else:
            kind, message = error, told["error_description"]
        if (response.status_code, kind) != (429, "invalid_client"):  # of which there are very many
            refused = refused_request(request, response.status_code, kind, redacted(message))
            record_refused_request(refused)
    return response


def _signed(request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
    """Add the headers that every answer has."""
    if response.status_code != 204:  # which has none, not even of 0 (RFC 9110 section 8.6)
        response.headers["Content-Length"] = str(len(response.content))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
    if hsts := security_header(request):
        response.headers["Strict-Transport-Security"] = hsts
    response.headers["X-Response-Time"] = f"{(time.perf_counter() - started) * 1000:.1f}ms"
    return response


_resolve = lru_cache(maxsize=1024)(resolve)  # clients request the same few paths


def _check_framing(request: HttpRequest) -> None:
    """Refuse a body that was not read, an unknown Host, and http where the public address is https."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        raise BadRequest(
            "Both Content-Length and Transfer-Encoding, or chunks that the server has not decoded."
        )
    request.get_host()
    if is_refused(request):
        raise PlainHttp


def _oauth(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, oauth.OAuthError):
        return oauth.refuse(error)
    refused = oauth.OAuthError(*_named(request, error))
    if refused.status in (408, 413):  # RFC 6749 section 5.2 has one word for what is wrong with a body
        refused.error = "invalid_request"
    return oauth.refuse(refused)


def _api(request: HttpRequest, error: Exception) -> HttpResponse:
    return api.refuse(rates.or_too_many_requests(request, _api_error(request, error)), request.path)


def _api_error(request: HttpRequest, error: Exception) -> api.ApiError:
    if isinstance(error, api.ApiError):
        return error
    if isinstance(error, DomainError):
        return api.of_domain(error)
    kind, message = _named(request, error)
    kind = "invalid_param" if kind == "invalid_request" else kind
    retry = {"Retry-After": "5"} if kind == UNAVAILABLE[0] else {}
    return api.ApiError(kind, message, retry)


def _named(request: HttpRequest, error: Exception) -> tuple[str, str]:
    for kind, named in FAILURES:
        if isinstance(error, kind):
            if named is UNAVAILABLE:
                logger.error("the store does not answer", exc_info=error)
            if kind is DisallowedHost:
                host_logger.error(str(error))
            return named
    logger.error("unforeseen, request %s", request.request_id, exc_info=error)  # type: ignore[attr-defined]
    return "server_error", "Something went wrong here. The request id finds it in the log."
