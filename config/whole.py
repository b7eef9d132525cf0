"""A body that came together with its head, and an answer that is sent in one piece: an extension of ASGI.

By ASGI alone an answer is sent in two pieces, uvicorn checks each header by itself, and a body that has arrived already
is read under a limit of time. Together that is a fifth of the processor time of a token request (docs/decisions/0047).
"""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

type Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, and the whole body

EXTENSION = "latchkey.whole"  # of a scope (ASGI): its Whole


class Whole:
    """The whole body of a request, where it has arrived, and the way to send a whole answer."""

    __slots__ = ("cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self.cycle = cycle

    @property
    def body(self) -> bytes | None:
        """The body; None where some of it is still to come."""
        return None if self.cycle.more_body else bytes(self.cycle.body)

    async def answer(self, answer: Answer, *, closes: bool = False) -> None:
        """Send an answer once the client has taken those before; `closes`: the connection ends with it.

        The answer says its length where it has one (RFC 9112 section 6.3). Raises ValueError for a header with a line
        break, and sends nothing then.
        """
        cycle = self.cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        cycle.keep_alive = cycle.keep_alive and not closes
        sent = self._sent(answer)
        cycle.response_started = cycle.response_complete = True
        if not cycle.transport.is_closing():  # uvloop lets nobody write to one that was ended a moment ago
            cycle.transport.write(sent)
        cycle.message_event.set()  # ends the waiting for more of the body
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()

    def _sent(self, answer: Answer) -> bytes:
        status, headers, body = answer
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
            raise ValueError("A header has a line break.")
        date = b"".join([b"%b: %b\r\n" % header for header in self.cycle.default_headers])
        end = b"\r\n" if self.cycle.keep_alive else b"connection: close\r\n\r\n"
        whole = b"".join([STATUS_LINE[status], date, lines.encode("latin-1"), end])
        return whole if self.cycle.scope["method"] == "HEAD" else whole + body
