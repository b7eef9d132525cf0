"""The connections of clients: HTTP/1.1 as uvicorn speaks it, with the limits that it lacks (docs/decisions/0047)."""

import asyncio
import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.draining import is_draining
from config.reading import Reading
from config.whole import EXTENSION, Whole

MAX_CONNECTIONS = 2048  # of a worker, idle ones too; each needs a file
# Also of fields after a body, and of a head that comes while a request is being answered.
MAX_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30  # for the head of a request, from the beginning of a connection or from the last answer
# The parser would take what follows such a head for another protocol, and a body for none. A server may ignore the
# field (RFC 9110 section 7.8); clients in Java send it with every first request.
UPGRADE = re.compile(rb"(\r\n)upgrade(?=:)", re.IGNORECASE)
FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class NoTrailers(list[tuple[bytes, bytes]]):
    """Where fields go that follow a body in chunks: nowhere. Nobody has checked them as the head was checked."""

    def append(self, _field: tuple[bytes, bytes]) -> None:
        """Drop a field."""


class Connection(HttpToolsProtocol):
    """A connection that is closed when the head of a request is too slow or too long, or nobody reads the answer.

    uvicorn stops the clock of a connection at the first byte of a head; here it runs until the head is whole.
    """

    bytes_since = 0  # the end of a head, or a part of a body
    reading: Reading  # of the answers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request; end at once where the client has gone, or where there are too many."""
        super().connection_made(transport)
        self.reading = Reading(transport, self.loop)
        if self.client is None or len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Read what has come; let the clock run on while the head is not whole."""
        clock, self.timeout_keep_alive_task = self.timeout_keep_alive_task, None
        self.bytes_since += len(data)
        if not self._is_asked() and UPGRADE.search(data):
            head, end, body = data.partition(b"\r\n\r\n")
            data = UPGRADE.sub(rb"\1x-upgrade", head) + end + body
        super().data_received(data)
        if clock is not None and (self._is_asked() or self.transport.is_closing()):
            clock.cancel()
        elif clock is not None:
            self.timeout_keep_alive_task = clock
        if self.bytes_since > MAX_HEAD_BYTES:
            self._refuse("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """Answer the request, whose head is whole now; refuse one whose body the parser will not read."""
        if self.parser.should_upgrade() and not FRAMING.isdisjoint(name for name, _value in self.headers):
            raise ValueError("UPGRADE has not found the field, which came in two pieces")  # 400, by uvicorn
        super().on_headers_complete()
        self.scope["extensions"] = {EXTENSION: Whole(self.cycle)}  # type: ignore[dict-item]  # an object
        if is_draining():
            self.cycle.keep_alive = False  # so that proxies go elsewhere
        self.headers = NoTrailers()
        self.bytes_since = 0

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body for whoever reads it."""
        super().on_body(body)
        self.bytes_since = 0

    def eof_received(self) -> bool:  # type: ignore[override]  # True leaves the connection open for the answer
        """Answer what a client asked before it said that no more will come, and close then."""
        if not self._is_asked():
            return False
        if self.cycle.more_body:
            self.send_400_response("The request ended before its body did.")
        self.cycle.keep_alive = False
        return True

    def pause_writing(self) -> None:
        """Wait with what is to be sent: much of it waits already."""
        super().pause_writing()
        self.reading.expect()

    def resume_writing(self) -> None:
        """Send again: the client has taken most of what waited."""
        super().resume_writing()
        self.reading.has_taken()

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the client to read."""
        super().on_response_complete()
        self.reading.expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what waits for the client."""
        super().connection_lost(exc)
        self.reading.end()

    def _refuse(self, why: str) -> None:
        """End the connection; say why where that is not in the middle of an answer."""
        if self._is_asked():
            self.transport.abort()
        elif not self.transport.is_closing():
            self.send_400_response(why)

    def _is_asked(self) -> bool:
        """Whether there is a request that is not answered yet."""
        return bool(self.cycle) and not self.cycle.response_complete
