"""What the HTTP server calls (ASGI): reads each request whole, then gives it to a thread (docs/decisions/0011).

No thread is taken before the last byte of a body is there, so a client that sends slowly holds up nobody but itself.
The names of headers are seen here as they were sent, before "-" and "_" become one in the environ of WSGI.
"""

import sys
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from django.core.exceptions import RequestDataTooBig
from django.utils.module_loading import import_string

from applications.waits.deadlines import Stalled
from config import bodies
from config.bodies import BodyBrokeOff, BodyTooSlow, Receive
from config.draining import NOT_READY, is_draining
from config.lanes import READY, Lanes
from config.noting import begin, note, noting
from config.streams import Send, Streamed, Streams, TooManyStreams, encoded
from config.threads import QueueFull
from config.whole import EXTENSION, Answer, Whole
from config.wsgi import application as wsgi_application

type Scope = dict[str, Any]

# By name, because it can be imported only once Django is set up, which config/wsgi.py does.
is_page = import_string("config.paths.is_page")
refusal = import_string("config.refusals.refusal")
frequent = import_string("config.frequent.frequent")
quickly = import_string("config.frequent.answer")
time_statements = import_string("applications.models.statements.timing.time_statements")

THREADS = 4  # each keeps a connection to the database (docs/decisions/0010)
MAX_WAITING = 256  # requests that wait for a thread; together less than a second's work
CLOSE = [("Connection", "close")]  # where the rest of the body is not read
lanes = Lanes(wsgi_application, THREADS, MAX_WAITING, begin=time_statements)
streams = Streams()
import_string("config.gathering.start")()

ALWAYS: WSGIEnvironment = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request."""
    environ = environ_of(scope)
    # Taken out of the scope, which it refers to: a reference cycle would be left to the garbage collector.
    whole = scope["extensions"].pop(EXTENSION)
    begin(environ)
    try:
        if bodies.has_body(environ):
            bodies.set_body(environ, await bodies.read(environ, receive, whole.body))
            begin(environ)
        answer = await _answer(environ)
        if isinstance(answer, Streamed):
            await streams.send(answer, receive, noting(environ, send))
        else:
            await _send(environ, whole, answer)
    except RequestDataTooBig as error:
        await _refuse_too_large(environ, error, receive, noting(environ, send))
    except (BodyTooSlow, BodyBrokeOff) as error:
        await _send(environ, whole, _refused(environ, error), closes=True)
    except (QueueFull, TooManyStreams, Stalled) as error:
        await _send(environ, whole, _refused(environ, error))


async def _answer(environ: WSGIEnvironment) -> Answer | Streamed:
    """Answer on the event loop, or let a thread do it."""
    path = environ["PATH_INFO"]
    if path == READY and is_draining():
        return NOT_READY
    endpoint = frequent(environ)
    answer: Answer | None = None if endpoint is None else await quickly(endpoint, environ)
    return await lanes.of(path).answer(environ) if answer is None else answer


async def _refuse_too_large(environ: WSGIEnvironment, error: Exception, receive: Receive, send: Send) -> None:
    """Refuse a body by its length. A page does it itself: it says what to shorten, and where."""
    answer: Answer | Streamed = _refused(environ, error)
    try:
        if is_page(environ["PATH_INFO"]):
            bodies.set_length_alone(environ)
            answer = await lanes.of(environ["PATH_INFO"]).answer(environ)
        if isinstance(answer, Streamed):  # the page reads no body
            await streams.send(replace(answer, headers=[*answer.headers, *CLOSE]), receive, send)
            return
    except (QueueFull, TooManyStreams) as full:
        answer = _refused(environ, full)
    await _send_and_drain(environ, answer, receive, send)


def environ_of(scope: Scope) -> WSGIEnvironment:
    """Return the environ (PEP 3333) of a request, its body still to be read.

    A header whose name has an underscore is left out: it would stand for its namesake with a dash, which a proxy
    has set or checked. Headers of one name are joined in their order (RFC 9110 section 5.3; cookies: RFC 6265).
    """
    environ = {
        **ALWAYS,
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": _decoded(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(),
    }
    for name, value in scope["headers"]:
        if not (variable := _variable(name)):
            continue
        text = value.decode("latin-1")
        if variable in environ:
            separator = "; " if variable == "HTTP_COOKIE" else ","
            text = f"{environ[variable]}{separator}{text}"
        environ[variable] = text
    return environ


def _decoded(path: bytes) -> str:
    return (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")


@lru_cache(maxsize=1024)
def _variable(name: bytes) -> str:
    """Return the name that a header has in the environ; nothing for one that must not be there."""
    if b"_" in name:
        return ""
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


def _refused(environ: WSGIEnvironment, error: Exception) -> Answer:
    response = refusal(environ, error)
    return response.status_code, list(response.items()), response.content


async def _send(environ: WSGIEnvironment, whole: Whole, answer: Answer, *, closes: bool = False) -> None:
    """Send an answer in one piece."""
    note(environ, answer[0])
    await whole.answer(answer, closes=closes)


async def _send_and_drain(environ: WSGIEnvironment, answer: Answer, receive: Receive, send: Send) -> None:
    """Send an answer to a request whose body was not read, and end the connection once the rest of it has come."""
    status, headers, body = answer
    await send({"type": "http.response.start", "status": status, "headers": encoded([*headers, *CLOSE])})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if "HTTP_EXPECT" not in environ:  # a client that expects 100 (Continue) has sent nothing yet
        await bodies.drain(receive)
    await send({"type": "http.response.body", "body": b""})
