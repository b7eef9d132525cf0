"""What is called with each request: reads it whole, then answers it or gives it to a thread (docs/decisions/0011).

No thread is taken before the last byte of a body is there, so a client that sends slowly holds up nobody but itself.
"""

from collections.abc import Coroutine
from functools import partial
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.utils.module_loading import import_string

from applications.waits.deadlines import Stalled
from config import bodies
from config.bodies import BodyBrokeOff, BodyTooSlow
from config.draining import is_draining
from config.exchanges import Answer, Exchange
from config.lanes import READY, Lanes
from config.noting import begin, note
from config.streams import Streamed, Streams, TooManyStreams
from config.threads import QueueFull
from config.wsgi import application as wsgi_application

# By name, because it can be imported only once Django is set up, which config/wsgi.py does.
is_page = import_string("config.paths.is_page")
refusal = import_string("config.refusals.refusal")
not_ready = import_string("config.refusals.not_ready")
frequent = import_string("config.frequent.frequent")
quickly = import_string("config.frequent.answer")
time_statements = import_string("applications.models.statements.timing.time_statements")

THREADS = 4  # each keeps a connection to the database (docs/decisions/0010)
MAX_WAITING = 256  # requests that wait for a thread; together less than a second's work
lanes = Lanes(wsgi_application, THREADS, MAX_WAITING, begin=time_statements)
streams = Streams()
import_string("config.gathering.start")()


def application(exchange: Exchange) -> None:
    """Answer one request, whose head is there."""
    begin(exchange.environ)
    if exchange.is_whole and not bodies.is_too_large(exchange.environ, len(exchange.body)):
        _answer(exchange, exchange.taken())
    else:
        exchange.connection.run(_guarded(exchange, _read(exchange)))


async def _read(exchange: Exchange) -> None:
    """Read the body, then answer."""
    if exchange.fault is not None:
        raise exchange.fault
    body = await bodies.read(exchange)
    begin(exchange.environ)
    _answer(exchange, body)


def _answer(exchange: Exchange, body: bytes) -> None:
    """Answer a request, all of which is there: on the event loop, or by a thread."""
    environ = exchange.environ
    if bodies.has_body(environ):
        bodies.set_body(environ, body)
    if (endpoint := frequent(environ)) is None:
        _answer_by_thread(exchange)
    else:
        quickly(endpoint, environ, partial(_have, exchange))


def _have(exchange: Exchange, answer: Answer | Stalled | None) -> None:
    """Send what the event loop has answered; what it has not, a thread looks at."""
    if answer is None:
        _answer_by_thread(exchange)
    elif isinstance(answer, Stalled):
        _send(exchange, _refused(exchange.environ, answer))
    else:
        _send(exchange, answer)


def _answer_by_thread(exchange: Exchange) -> None:
    exchange.connection.run(_guarded(exchange, _by_thread(exchange)))


async def _by_thread(exchange: Exchange) -> None:
    path = exchange.environ["PATH_INFO"]
    if path == READY and is_draining():
        _send(exchange, _whole(not_ready(exchange.environ)))
        return
    answer = await lanes.of(path).answer(exchange.environ)
    if isinstance(answer, Streamed):
        await streams.send(answer, exchange)
    else:
        _send(exchange, answer)


async def _guarded(exchange: Exchange, answering: Coroutine[Any, Any, None]) -> None:
    """Answer; refuse where that raises."""
    environ = exchange.environ
    try:
        await answering
    except RequestDataTooBig as error:
        await _refuse_too_large(exchange, error)
    except (BodyTooSlow, BodyBrokeOff) as error:
        _send(exchange, _refused(environ, error), closes=True)
    except Exception as error:
        if exchange.has_begun:  # with an answer in pieces
            raise
        _send(exchange, _refused(environ, error))


async def _refuse_too_large(exchange: Exchange, error: Exception) -> None:
    """Refuse a body by its length. A page does it itself: it says what to shorten, and where."""
    environ = exchange.environ
    answer: Answer | Streamed = _refused(environ, error)
    try:
        if is_page(environ["PATH_INFO"]):
            bodies.set_length_alone(environ)
            answer = await lanes.of(environ["PATH_INFO"]).answer(environ)
        if isinstance(answer, Streamed):  # the page reads no body
            await streams.send(answer, exchange, closes=True)
            return
    except (QueueFull, TooManyStreams) as full:
        answer = _refused(environ, full)
    await _send_and_drain(exchange, answer)


def _refused(environ: WSGIEnvironment, error: Exception) -> Answer:
    return _whole(refusal(environ, error))


def _whole(response: HttpResponse) -> Answer:
    return response.status_code, list(response.items()), response.content


def _send(exchange: Exchange, answer: Answer, *, closes: bool = False) -> None:
    """Send an answer in one piece."""
    try:
        exchange.answer(answer, closes=closes)
    except ValueError as error:  # a header that cannot be sent
        answer = _refused(exchange.environ, error)
        exchange.answer(answer, closes=True)
    note(exchange.environ, answer[0])


async def _send_and_drain(exchange: Exchange, answer: Answer) -> None:
    """Send an answer to a request whose body was not read, and end the connection once the rest of it has come."""
    status, headers, body = answer
    exchange.begin(status, headers, closes=True)
    note(exchange.environ, status)
    await exchange.send(body)
    if "HTTP_EXPECT" not in exchange.environ:  # a client that expects 100 (Continue) has sent nothing yet
        await bodies.drain(exchange)
    exchange.finish()
