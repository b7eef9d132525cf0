"""The body of a request, read whole before anything is done with it: at most 64 KB, and within ten seconds.

Events may have more (LARGER): what a resource server hands over is a thousand objects at a time.
"""

import asyncio
from contextlib import suppress
from io import BytesIO
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest

from config.exchanges import Exchange

# Of a refused body, which is thrown away: enough for a client that sends all of it before it reads the answer.
MAX_BYTES_DRAINED = 8 * 1024 * 1024
LARGER = {"/events": 1024 * 1024}  # path → bytes


class BodyTooSlow(Exception):
    """The body did not arrive within settings.BODY_SECONDS."""


class BodyBrokeOff(BadRequest):
    """The client went away before the end of the body, or sent something that is no body."""


def most_bytes(path: str) -> int:
    """Return how long a body may be that is sent to this path."""
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return LARGER.get(path, most)


def too_large(path: str) -> str:
    """Return what somebody is told whose body is longer than that."""
    return "The body is over 1 MB." if path in LARGER else "The body is over 64 KB."


def has_body(environ: WSGIEnvironment) -> bool:
    """Whether the head of the request says that a body follows (RFC 9112 section 6.3)."""
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


def is_too_large(environ: WSGIEnvironment, length: int) -> bool:
    """Whether a body is, of which so many bytes have come; by its head alone where that says how many will."""
    return max(int(environ.get("CONTENT_LENGTH", "0")), length) > most_bytes(environ["PATH_INFO"])


async def read(exchange: Exchange) -> bytes:
    """Return the whole body.

    Raises RequestDataTooBig (before reading, where the head says so), BodyTooSlow or BodyBrokeOff.
    """
    body = bytearray(exchange.taken())
    try:
        async with asyncio.timeout(settings.BODY_SECONDS):
            while not (too_large := is_too_large(exchange.environ, len(body))) and not exchange.is_whole:
                body += await _next(exchange)
    except TimeoutError:
        raise BodyTooSlow from None
    if too_large:
        raise RequestDataTooBig
    return bytes(body)


async def drain(exchange: Exchange) -> None:
    """Read on after a refusal, within bounds, so that the client gets to read it.

    A connection that is closed while there are bytes to read is reset, and the answer can be lost with it.
    """
    drained = 0
    with suppress(TimeoutError, BodyBrokeOff):
        async with asyncio.timeout(settings.BODY_SECONDS):
            while drained < MAX_BYTES_DRAINED and not exchange.is_whole:
                drained += len(await _next(exchange))


def set_body(environ: WSGIEnvironment, body: bytes) -> None:
    """Let the application read `body`, which is all there is, whatever framed it on its way here."""
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)


def set_length_alone(environ: WSGIEnvironment) -> None:
    """Let the application see that the body is too large, which Django refuses by its length, and none of it."""
    set_body(environ, b"")
    environ["CONTENT_LENGTH"] = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)


def read_chunked(environ: WSGIEnvironment) -> None:
    """Read a body of unknown length that the server has decoded (`wsgi.input_terminated`) as if its length were known.

    Else Django takes it as empty (ticket 35838). One that is too large is cut right after the limit, which Django
    refuses by its length.
    """
    if environ.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in environ and has_body(environ):
        set_body(environ, environ["wsgi.input"].read(most_bytes(environ["PATH_INFO"]) + 1))


def read_larger(request: HttpRequest) -> None:
    """Read a body that may be longer than Django's limit, which is one for all paths; raise RequestDataTooBig."""
    if (
        request.path_info in LARGER
        and int(request.META.get("CONTENT_LENGTH") or 0) <= LARGER[request.path_info]
    ):
        request._body = request.read()  # where Django keeps it, once it has been read


async def _next(exchange: Exchange) -> bytes:
    """Return the next part of the body."""
    await exchange.wait()
    if exchange.is_broken:
        raise BodyBrokeOff
    return exchange.taken()
