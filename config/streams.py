"""Answers of unknown length, sent in pieces (docs/decisions/0021): exports of any size in little memory.

The next piece is made only when the client has taken the ones before, by a thread of its own. So a client that reads
slowly holds no thread, and a long export takes none from the other requests.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connections

from applications.waits.limits import be_patient
from config.bodies import Receive

type Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_OPEN = 16  # answers being sent at once by a worker; each has a few pieces in memory


@dataclass(frozen=True, slots=True)
class Streamed:
    """The head of an answer, and the pieces of its body, not yet made. `close` ends the making of pieces."""

    status: int
    headers: list[tuple[str, str]]
    pieces: Iterator[bytes]
    close: Callable[[], None]


class TooManyStreams(Exception):
    """So many answers are being sent in pieces that one more has to wait."""


class Streams:
    """Sends answers in pieces, at most `most` at once; one thread makes the pieces of all of them."""

    def __init__(self, most: int = MAX_OPEN) -> None:
        self.most, self.open = most, 0
        self.maker = ThreadPoolExecutor(1, thread_name_prefix="streams", initializer=be_patient)

    async def send(self, answer: Streamed, receive: Receive, send: Send) -> None:
        """Send the answer; stop early when the client has gone. TooManyStreams before anything is sent."""
        if self.open >= self.most:
            answer.close()
            raise TooManyStreams
        self.open += 1
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await self._send_pieces(answer, gone, send)
        finally:
            self.open -= 1
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            await asyncio.get_running_loop().run_in_executor(self.maker, _end, answer)

    async def _send_pieces(self, answer: Streamed, gone: asyncio.Future[None], send: Send) -> None:
        loop = asyncio.get_running_loop()
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": encoded(answer.headers)}
        )
        while not gone.done():
            piece = await loop.run_in_executor(self.maker, next, answer.pieces, None)
            if piece is None:
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _until_gone(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _end(answer: Streamed) -> None:
    """End the making of pieces, and give back the connection to the database: the next export may be far away."""
    try:
        answer.close()
    finally:
        connections.close_all()
