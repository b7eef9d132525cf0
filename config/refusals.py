"""What a request is told that came to nothing: JSON as OAuth or the API have it, for a page plain text."""

import json
import logging
import time
from wsgiref.types import WSGIEnvironment

from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404

from applications.api import errors as api
from applications.api import rates
from applications.authentication.refused import refused_request
from applications.errors import DomainError
from applications.oauth import errors as oauth
from applications.operations.usage import record_refused_request
from config.answer_headers import with_headers
from config.bodies import BodyBrokeOff, BodyTooSlow, too_large
from config.draining import NOT_READY
from config.framing import PlainHttp
from config.logging import redacted
from config.parsing import HeadTooLong, NotHttp, TooManyAtOnce
from config.paths import OAUTH, first_part, is_page
from config.request_ids import enter
from config.streams import TooManyStreams
from config.threads import QueueFull

logger = logging.getLogger(__name__)
# The logger that Django uses for this, so that one filter limits all such lines (config/logging.py).
host_logger = logging.getLogger("django.security.DisallowedHost")

# Statuses of requests that people want to know the reason of. 404 and 409 are answers like others.
RECORDED = frozenset({400, 401, 403, 405, 413, 415, 429})
UNAVAILABLE = ("temporarily_unavailable", "The store does not answer. Try again in a few seconds.")
# What went wrong → the error's name (the same word at both edges), and what a developer reads.
FAILURES: tuple[tuple[type[Exception], tuple[str, str]], ...] = (
    (Resolver404, ("not_found", "There is nothing at this address.")),
    (RequestDataTooBig, ("request_too_large", "")),  # bodies.too_large has the words
    (
        DisallowedHost,
        ("invalid_request", "This server has no such Host. ALLOWED_HOSTS names those that it has."),
    ),
    (BodyTooSlow, ("request_timeout", "The body did not arrive in time.")),
    (BodyBrokeOff, ("invalid_request", "The body broke off before its end.")),
    (QueueFull, ("temporarily_unavailable", "Too many requests at once. Try again in a few seconds.")),
    (TooManyStreams, ("temporarily_unavailable", "Too many exports at once. Try again in a minute.")),
    (PlainHttp, ("invalid_request", "Use https: over http, everyone on the way can read the credential.")),
    (NotHttp, ("invalid_request", "This cannot be read as HTTP/1.1.")),
    (HeadTooLong, ("invalid_request", "The head of the request is too long.")),
    (TooManyAtOnce, ("invalid_request", "Too many requests were sent without waiting for an answer.")),
    (BadRequest, ("invalid_request", "The request is malformed.")),
    (SuspiciousOperation, ("invalid_request", "The request is malformed.")),
    (InterfaceError, UNAVAILABLE),
    (DatabaseError, UNAVAILABLE),
)


def refusal(environ: WSGIEnvironment, error: Exception) -> HttpResponse:
    """Return the answer to a request that is refused before its body is read, in the form of OAuth, API or page.

    It makes no query: it runs on the event loop, which must not wait.
    """
    request, started = WSGIRequest(environ), time.perf_counter()
    enter(request)
    first = first_part(request.path_info)
    if first in OAUTH:
        response = recorded(request, refuse_oauth(request, error))
    elif is_page(request.path_info):
        response = _plain(request, error)
    else:
        response = recorded(request, api.refuse(api_error(request, error), request.path))
    return with_headers(request, response, started)


def not_ready(environ: WSGIEnvironment) -> HttpResponse:
    """Return what a server that is about to end answers to /health/ready."""
    request, started = WSGIRequest(environ), time.perf_counter()
    enter(request)
    return with_headers(request, HttpResponse(NOT_READY, "application/json", 503), started)


def _plain(request: HttpRequest, error: Exception) -> HttpResponse:
    refused = oauth.OAuthError(*_named(request, error))
    response = HttpResponse(f"{refused.description}\n", "text/plain; charset=utf-8", refused.status)
    if refused.status == 503:
        response.headers["Retry-After"] = "5"
    return response


def recorded(request: HttpRequest, response: HttpResponse) -> HttpResponse:
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


def refuse_oauth(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer of OAuth (RFC 6749 section 5.2) to what was raised."""
    if isinstance(error, oauth.OAuthError):
        return oauth.refuse(error)
    refused = oauth.OAuthError(*_named(request, error))
    if refused.status in (408, 413):  # RFC 6749 section 5.2 has one word for what is wrong with a body
        refused.error = "invalid_request"
    return oauth.refuse(refused)


def refuse_api(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer of the API to what was raised; 429 where this credential asks too often."""
    return api.refuse(rates.or_too_many_requests(request, api_error(request, error)), request.path)


def api_error(request: HttpRequest, error: Exception) -> api.ApiError:
    """Return the error of the API that tells what was raised."""
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
                logger.error("the store does not answer, request %s", request.request_id, exc_info=error)  # type: ignore[attr-defined]
            if kind is DisallowedHost:
                host_logger.error(str(error))
            return (named[0], named[1] or too_large(request.path_info))
    logger.error("unforeseen, request %s", request.request_id, exc_info=error)  # type: ignore[attr-defined]
    return "server_error", "Something went wrong here. The request id finds it in the log."
