"""Answers of unknown length, sent in pieces (docs/decisions/0021): exports of any size in little memory.

The next piece is made only when the client has taken the ones before, by a thread of its own. So a client that reads
slowly holds no thread, and a long export takes none from the other requests.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connections

from applications.waits.limits import be_patient
from config.exchanges import Exchange
from config.noting import note

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

    async def send(self, answer: Streamed, exchange: Exchange, *, closes: bool = False) -> None:
        """Send the answer; stop early when the client has gone. TooManyStreams before anything is sent.

        `closes`: the connection ends with it.
        """
        if self.open >= self.most:
            answer.close()
            raise TooManyStreams
        self.open += 1
        try:
            exchange.begin(answer.status, answer.headers, closes=closes)
            note(exchange.environ, answer.status)
            await self._send_pieces(answer, exchange)
        finally:
            self.open -= 1
            await asyncio.get_running_loop().run_in_executor(self.maker, _end, answer)

    async def _send_pieces(self, answer: Streamed, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        while not exchange.is_gone:
            piece = await loop.run_in_executor(self.maker, next, answer.pieces, None)
            if piece is None:
                break
            await exchange.send(piece)
        exchange.finish()


def _end(answer: Streamed) -> None:
    """End the making of pieces, and give back the connection to the database: the next export may be far away."""
    try:
        answer.close()
    finally:
        connections.close_all()
