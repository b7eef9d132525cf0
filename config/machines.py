"""The door for programs: answers the OAuth and API paths itself, ahead of everything the panel needs.

A token request has no use for sessions, messages, CSRF or languages, nor for the signals, the chain of middleware and
the resolver around a view: they would cost it more than its own work does. So these paths are answered
ahead of Django's handler. All that can be raised becomes JSON in the form of its edge here, Django's error
pages included.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from applications.api import errors as api
from applications.api import rates
from applications.errors import DomainError
from applications.oauth import errors as oauth

logger = logging.getLogger(__name__)

type Answer = Callable[[HttpRequest], HttpResponse]

OAUTH = frozenset({"oauth", ".well-known"})
API = frozenset({"account", "applications", "messages", "openapi.json"})
PROGRAMS = OAUTH | API

# What went wrong → the error's name (the same word at both edges), and what a developer reads.
UNAVAILABLE = ("temporarily_unavailable", "The store does not answer. Try again in a few seconds.")
FAILURES: tuple[tuple[type[Exception], tuple[str, str]], ...] = (
    (Resolver404, ("not_found", "There is nothing at this address.")),
    (RequestDataTooBig, ("request_too_large", "The body is over 64 KB.")),
    (BadRequest, ("invalid_request", "The request is malformed.")),
    (SuspiciousOperation, ("invalid_request", "The request is malformed.")),
    (InterfaceError, UNAVAILABLE),
    (DatabaseError, UNAVAILABLE),
)


def programs_first(django: WSGIApplication) -> WSGIApplication:
    """Return the WSGI application: programs' paths are answered here, all others by `django`."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _first(environ["PATH_INFO"]) not in PROGRAMS:
            return django(environ, start_response)
        try:
            response = _answer(WSGIRequest(environ))
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return [response.content]
        finally:
            close_old_connections()  # as Django does at the end of its own requests

    return application


def request_ids(get_response: Answer) -> Answer:
    """Return the middleware that gives people's requests an ID, as programs' requests have one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        _name(request)
        response = get_response(request)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


def _first(path: str) -> str:
    return path[1:].partition("/")[0]


def _name(request: HttpRequest) -> None:
    # Random, and no secret: it needs no system call.
    unique = uuid.UUID(int=random.getrandbits(128), version=4)
    request.request_id = str(unique)  # type: ignore[attr-defined]  # read by every edge


def _answer(request: HttpRequest) -> HttpResponse:
    _name(request)
    if _first(request.path_info) in OAUTH:
        return _answered(request, _oauth)
    response = _answered(request, _api)
    rates.tell(request, response)
    return response


def _answered(request: HttpRequest, refuse: Callable[[HttpRequest, Exception], HttpResponse]) -> HttpResponse:
    started = time.perf_counter()
    try:
        _check_framing(request)
        match = _resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    except Exception as error:  # each becomes an answer, and what nobody foresaw is logged
        response = refuse(request, error)
    if response.status_code != 204:  # which has none, not even of 0 (RFC 9110 section 8.6)
        response.headers["Content-Length"] = str(len(response.content))
    response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
    response.headers["X-Response-Time"] = f"{(time.perf_counter() - started) * 1000:.1f}ms"
    return response


_resolve = lru_cache(maxsize=1024)(resolve)  # programs ask for the same few paths


def _check_framing(request: HttpRequest) -> None:
    """Refuse what two servers in a row may read differently, and a Host that is not ours."""
    if "HTTP_TRANSFER_ENCODING" in request.META and request.META.get("CONTENT_LENGTH"):
        raise BadRequest("Both Content-Length and Transfer-Encoding.")
    request.get_host()


def _oauth(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, oauth.OAuthError):
        return oauth.refuse(error)
    return oauth.refuse(oauth.OAuthError(*_named(request, error)))


def _api(request: HttpRequest, error: Exception) -> HttpResponse:
    return api.refuse(rates.instead(request, _api_error(request, error)), request.path)


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
            return named
    logger.error("unforeseen, request %s", request.request_id, exc_info=error)  # type: ignore[attr-defined]
    return "server_error", "Something went wrong here. The request id finds it in the log."
