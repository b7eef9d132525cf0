"""The connections of clients, with their limits: HTTP/1.1 on uvicorn's server (docs/decisions/0048)."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.exceptions import BadRequest
from uvicorn import Config
from uvicorn.server import ServerState

from config.draining import is_draining
from config.exchanges import Exchange
from config.parsing import Parser, TooManyAtOnce
from config.reading import Reading

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 2048  # of a worker, idle ones too; each needs a file
# Requests of a connection that were sent without waiting for an answer; each takes 2 KB of memory.
MAX_WAITING = 100
LINGER_SECONDS = 2  # in which a client reads why its request could not be read, and ends the connection
HEAD_SECONDS = 30  # for the head of a request, from the beginning of a connection or from the last answer


class Connection(asyncio.Protocol):
    """A connection, whose requests are answered one after the other.

    It ends when the head of a request is too slow or too long, or when nobody reads the answer. uvicorn makes one for
    each client; the application is called with each Exchange, on the event loop.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: object,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.application: Callable[[Exchange], None] = config.loaded_app
        self.server = server_state
        self.loop = _loop or asyncio.get_running_loop()
        self.current: Exchange | None = None  # is being answered
        self.queue: deque[Exchange] = deque()  # were sent without waiting for an answer
        self.until = 0.0  # when the head of a request has to be whole, by the clock of the loop
        self.reads = True
        self.parser: Parser | None = None  # none once nothing more can be read
        self.can_write = asyncio.Event()
        self.can_write.set()

    # --- What the event loop calls ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is for TCP
        """Begin to wait for a request; end at once where the client has gone, or where there are too many."""
        self.transport, self.reading = transport, Reading(transport, self.loop)
        self.server.connections.add(self)  # type: ignore[arg-type]  # uvicorn lists its own kinds
        peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self.until = self.loop.time() + HEAD_SECONDS
        self.clock = self.loop.call_later(HEAD_SECONDS, self._look)
        if peer is None or len(self.server.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            ends = {"REMOTE_ADDR": peer[0], "SERVER_NAME": here[0], "SERVER_PORT": str(here[1])}
            self.parser = Parser(ends, self._take)

    def data_received(self, data: bytes) -> None:
        """Read what has come, and answer it."""
        if self.parser is None or self.transport.is_closing():
            return
        try:
            self.parser.feed(data)
        except BadRequest as fault:
            self.parser.refuse(fault)
            self.parser = None  # nothing that follows can be read
        self._answer_next()

    def eof_received(self) -> bool:
        """Answer what a client asked before it said that no more will come, and end the connection then."""
        asked = [self.current, *self.queue] if self.current else [*self.queue]
        if asked:
            asked[-1].keeps = False
            asked[-1].break_off()
        return bool(asked)  # True leaves the connection open

    def pause_writing(self) -> None:
        """Wait with what is to be sent: much of it waits already."""
        self.can_write.clear()
        self.reading.expect()

    def resume_writing(self) -> None:
        """Send again: the client has taken most of what waited."""
        self.can_write.set()
        self.reading.has_taken()
        self._answer_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what waits for the client."""
        self.server.connections.discard(self)
        self.clock.cancel()
        self.reading.end()
        self.can_write.set()
        self.parser = None  # it refers to this object
        if self.current is not None:
            self.current.break_off(is_gone=True)
        self.queue.clear()

    def shutdown(self) -> None:
        """End the connection, after the answer where one is being made: the server ends."""
        if self.current is None:
            self.transport.close()
        else:
            self.current.keeps = False

    # --- What an exchange needs (config/exchanges.py) --------------------------------------------

    def read_on(self, *, reads: bool) -> None:
        """Take more from the client, or no more for now."""
        if reads != self.reads and not self.transport.is_closing():
            self.reads = reads
            (self.transport.resume_reading if reads else self.transport.pause_reading)()

    def write(self, data: bytes) -> None:
        """Send bytes, unless the client has gone."""
        if not self.transport.is_closing():  # uvloop lets nobody write to one that was ended a moment ago
            self.transport.write(data)

    async def written(self) -> None:
        """Wait until the client has taken most of what was sent, or has gone."""
        await self.can_write.wait()

    def date(self) -> str:
        """Return the header that says when an answer is made; uvicorn makes it once a second."""
        return _lines(*self.server.default_headers)

    def finish(self, exchange: Exchange) -> None:
        """Go on with the next request: an answer has been sent."""
        self.current = None
        self.reading.expect()
        if not exchange.keeps:
            self._end()
            return
        if self.queue:
            self.loop.call_soon(self._answer_next)
        else:
            self.until = self.loop.time() + HEAD_SECONDS
            self.read_on(reads=True)

    def _end(self) -> None:
        """End the connection; where nothing more can be read, only once the client knows that (RFC 9112 section 9.6).

        A connection that is closed while there are bytes to read is reset, and the answer can be lost with it.
        """
        if self.parser is not None or self.transport.is_closing():
            self.transport.close()
            return
        try:
            self.transport.write_eof()
        except OSError:  # the client has gone a moment ago
            self.transport.abort()
            return
        self.read_on(reads=True)
        self.clock.cancel()
        self.clock = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def run(self, answering: Coroutine[Any, Any, None]) -> None:
        """Run what answers in a task of its own, for which the server waits before it ends."""
        task = self.loop.create_task(answering)
        self.server.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.server.tasks.discard(task)
        if task.cancelled():
            self.transport.abort()
        elif error := task.exception():
            logger.error("an answer broke off", exc_info=error)
            self.transport.abort()

    # --- One request after the other -------------------------------------------------------------

    def _take(self, environ: WSGIEnvironment, keeps: bool, fault: BadRequest | None) -> Exchange:
        """Take a request from the parser; before a server ends, proxies are to go elsewhere."""
        if fault is None and len(self.queue) >= MAX_WAITING:
            raise TooManyAtOnce
        exchange = Exchange(self, environ, keeps=keeps and not is_draining(), fault=fault)
        self.queue.append(exchange)
        return exchange

    def _answer_next(self) -> None:
        """Let the next request be answered, once the client has taken the answers before."""
        goes_on = self.can_write.is_set() and not self.transport.is_closing()
        if self.current is None and self.queue and goes_on:
            self.current = self.queue.popleft()
            self.until = math.inf
            try:
                self.application(self.current)
            except Exception:
                logger.exception("a request could not be answered")
                self.transport.abort()
        if self.queue:
            self.read_on(reads=False)

    def _look(self) -> None:
        """End the connection where the head of a request is not there in time."""
        left = self.until - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self.clock = self.loop.call_later(min(left, HEAD_SECONDS), self._look)


@lru_cache(maxsize=1)
def _lines(*headers: tuple[bytes, bytes]) -> str:
    return "".join(f"{name.decode().title()}: {value.decode()}\r\n" for name, value in headers)
