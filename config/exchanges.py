"""A request, as far as it has come, and its answer: in one piece, or in pieces."""

import asyncio
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Protocol
from wsgiref.types import WSGIEnvironment

type Headers = list[tuple[str, str]]
type Answer = tuple[int, Headers, bytes]  # status, headers, and the whole body

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MAX_UNREAD = 64 * 1024  # bytes of a body that nobody has read yet; then no more are taken from the client


class Connected(Protocol):
    """The connection to a client, as an exchange needs it."""

    def read_on(self, *, reads: bool) -> None:
        """Take more from the client, or no more for now."""

    def write(self, data: bytes) -> None:
        """Send bytes, unless the client has gone."""

    async def written(self) -> None:
        """Wait until the client has taken most of what was sent."""

    def date(self) -> str:
        """Return the header that says when an answer is made."""

    def finish(self, exchange: "Exchange") -> None:
        """Go on: the answer has been sent."""

    def run(self, answering: Coroutine[Any, Any, None]) -> None:
        """Run what answers in a task of its own."""


class Exchange:
    """One request of a connection, and the way to answer it."""

    __slots__ = (
        "body",
        "connection",
        "environ",
        "fault",
        "has_begun",
        "in_chunks",
        "is_broken",
        "is_gone",
        "is_whole",
        "keeps",
        "more",
    )

    def __init__(
        self,
        connection: Connected,
        environ: WSGIEnvironment,
        *,
        keeps: bool,
        fault: Exception | None = None,
    ) -> None:
        self.connection, self.environ = connection, environ
        self.keeps = keeps  # the connection goes on after the answer
        self.fault = fault  # why the request cannot be read
        self.body = bytearray()  # what has come of it, and nobody has taken yet
        self.more: asyncio.Future[None] | None = None  # of the body, for which somebody waits
        self.is_whole = False  # all of the body has come
        self.is_broken = False  # not all of it has, and no more will
        self.is_gone = False  # the client has left, and nobody reads the answer
        self.has_begun = False  # an answer in pieces
        self.in_chunks = False  # which is sent in chunks

    # --- The request -----------------------------------------------------------------------------

    def add(self, part: bytes) -> None:
        """Keep a part of the body for whoever reads it."""
        self.body += part
        if len(self.body) > MAX_UNREAD:
            self.connection.read_on(reads=False)
        self._wake()

    def end(self) -> None:
        """Note that the body is whole."""
        self.is_whole = True
        self._wake()

    def break_off(self, *, is_gone: bool = False) -> None:
        """Note that no more will come of the body; `is_gone`: nor will anybody read the answer."""
        self.is_broken, self.is_gone = not self.is_whole, is_gone
        self._wake()

    def taken(self) -> bytes:
        """Return what has come of the body and was not taken yet."""
        body, self.body = bytes(self.body), bytearray()
        return body

    async def wait(self) -> None:
        """Wait for more of the body, or for its end; a client that waits for leave to send it gets that (RFC 9110)."""
        if self.body or self.is_whole or self.is_broken:
            return
        if self.environ.pop("HTTP_EXPECT", "").lower() == "100-continue":
            self.connection.write(CONTINUE)
        self.connection.read_on(reads=True)
        self.more = asyncio.get_running_loop().create_future()
        await self.more

    def _wake(self) -> None:
        more, self.more = self.more, None
        if more is not None and not more.done():  # whoever waited was cancelled
            more.set_result(None)

    # --- The answer ------------------------------------------------------------------------------

    def answer(self, answer: Answer, *, closes: bool = False) -> None:
        """Send a whole answer, which says its length where it has one (RFC 9112 section 6.3).

        `closes`: the connection ends with it. Raises ValueError for a header that has a line break, or a character that
        is not in latin-1, and sends nothing then.
        """
        status, headers, body = answer
        self.keeps = self.keeps and self.is_whole and not closes
        head = self._head(status, headers)
        self.connection.write(head if self.environ["REQUEST_METHOD"] == "HEAD" else head + body)
        self.connection.finish(self)

    def begin(self, status: int, headers: Headers, *, closes: bool = False) -> None:
        """Send the head of an answer that comes in pieces: in chunks where no length is said."""
        self.keeps = self.keeps and self.is_whole and not closes
        names = {name.lower() for name, _value in headers}
        if "content-length" not in names and self.environ["REQUEST_METHOD"] != "HEAD":
            # HTTP/1.0 knows no chunks: there the end of the connection is that of the answer.
            self.in_chunks = self.environ["SERVER_PROTOCOL"] == "HTTP/1.1"
            self.keeps = self.keeps and self.in_chunks
            headers = [*headers, ("Transfer-Encoding", "chunked")] if self.in_chunks else headers
        self.connection.write(self._head(status, headers))
        self.has_begun = True

    async def send(self, piece: bytes) -> None:
        """Send a piece of an answer, once the client has taken most of those before."""
        if piece and self.environ["REQUEST_METHOD"] != "HEAD":
            self.connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self.in_chunks else piece)
        await self.connection.written()

    def finish(self) -> None:
        """End an answer that was sent in pieces."""
        if self.in_chunks:
            self.connection.write(b"0\r\n\r\n")
        self.connection.finish(self)

    def _head(self, status: int, headers: Headers) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
            raise ValueError("A header has a line break.")
        end = "\r\n" if self.keeps else "Connection: close\r\n\r\n"
        return f"{STATUS_LINES[status]}{self.connection.date()}{lines}{end}".encode("latin-1")
