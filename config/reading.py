"""Whether a client takes what waits for it. One that stops reading would hold its place for ever, also of an export."""

import asyncio
import math

SECONDS = 60.0  # in which a client takes at least one byte of what waits for it


class Reading:
    """Ends a connection whose client has taken nothing for SECONDS, while there is something to take."""

    def __init__(self, transport: asyncio.WriteTransport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self.left: float = math.inf  # bytes that waited when they were last looked at
        self.clock: asyncio.TimerHandle | None = None

    def expect(self) -> None:
        """Begin to look, where something waits."""
        if self.clock is None and (left := self.transport.get_write_buffer_size()):
            self.left = left
            self.clock = self.loop.call_later(SECONDS, self._look)

    def has_taken(self) -> None:
        """Note that the client has taken something, whatever was added since."""
        self.left = math.inf

    def end(self) -> None:
        """Look no more: the connection has ended."""
        if self.clock is not None:
            self.clock.cancel()

    def _look(self) -> None:
        self.clock = None
        if self.transport.get_write_buffer_size() >= self.left:
            self.transport.abort()
        else:
            self.expect()
