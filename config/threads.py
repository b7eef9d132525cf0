"""A few threads that run the WSGI application, so that the event loop of the front never waits for a database."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from config.streams import Streamed

type Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, and the whole body
type Reply = Callable[[Answer], None]
type Answering = asyncio.Future[Streamed | None]
type Job = tuple[WSGIEnvironment, Reply, Answering, float]
type Done = tuple[Answering, Streamed | None, Exception | None]

SWEEP_SECONDS = 0.05
WAIT_SECONDS = 1.5  # for a free thread; with the longest wait for the database it stays under 5 s


class QueueFull(Exception):
    """Too many requests wait for a thread already, or this one has waited for too long."""


class Threads:
    """`count` threads; of the requests that find none free, at most `most_waiting` wait for one."""

    def __init__(
        self,
        application: WSGIApplication,
        count: int,
        most_waiting: int,
        *,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.application, self.begin = application, begin  # each thread begins with `begin`
        self.most = count + most_waiting
        self.taken = 0  # requests that wait or are being answered; only the event loop counts them
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self.done: deque[Done] = deque()
        self.sweeping = False
        for number in range(count):
            threading.Thread(target=self._work, name=f"requests-{number}", daemon=True).start()

    async def answer(self, environ: WSGIEnvironment, reply: Reply) -> Streamed | None:
        """Let a thread answer and call `reply` with what it says; raise QueueFull, at once, where too many wait.

        An answer that comes in pieces is returned and not replied, because its pieces are still to be made.
        Returns some time after the reply: the thread does not wake the event loop, because that would take half as
        long as checking a token does. The loop handles finished jobs at the next request, or SWEEP_SECONDS later.
        """
        self._sweep()
        if self.taken >= self.most:
            raise QueueFull
        loop = asyncio.get_running_loop()
        future: Answering = loop.create_future()
        self.taken += 1
        self.jobs.put((environ, reply, future, time.monotonic() + WAIT_SECONDS))
        if not self.sweeping:
            self.sweeping = True
            loop.call_later(SWEEP_SECONDS, self._sweep_again, loop)
        return await future

    def _work(self) -> None:
        self.begin()
        while True:
            # What a job holds ends with it: the server closes a connection whose body was not read to its end only
            # once nothing refers to the request any more, and the next job may be long in coming.
            self._do(*self.jobs.get())

    def _do(self, environ: WSGIEnvironment, reply: Reply, future: Answering, until: float) -> None:
        streamed: Streamed | None = None
        error: Exception | None = None
        try:
            if time.monotonic() > until:
                raise QueueFull
            answer = call(self.application, environ)
            if isinstance(answer, Streamed):
                streamed = answer
            else:
                reply(answer)
        except Exception as raised:  # raised again where the answer is awaited
            error = raised
        self.done.append((future, streamed, error))
        error = None  # it refers to this frame, which would refer to it

    def _sweep_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweep()
        self.sweeping = self.taken > 0
        if self.sweeping:
            loop.call_later(SWEEP_SECONDS, self._sweep_again, loop)

    def _sweep(self) -> None:
        while self.done:
            future, streamed, error = self.done.popleft()
            self.taken -= 1
            if future.done():  # whoever awaited it was cancelled
                if streamed is not None:
                    streamed.close()
            elif error is None:
                future.set_result(streamed)
            else:
                future.set_exception(error)


def call(application: WSGIApplication, environ: WSGIEnvironment) -> Answer | Streamed:
    """Return what a WSGI application answers (PEP 3333), in one piece where its length is known."""
    head: tuple[str, list[tuple[str, str]]] = ("", [])
    parts: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        nonlocal head
        head = (status, headers)
        return parts.append

    iterable = application(environ, start_response)
    close = getattr(iterable, "close", _nothing)
    status, headers = head
    if getattr(iterable, "streaming", False) and not _has_length(headers):
        return Streamed(int(status[:3]), headers, iter(iterable), close)
    try:
        parts.extend(iterable)
    finally:
        close()
    status, headers = head
    return int(status[:3]), headers, parts[0] if len(parts) == 1 else b"".join(parts)


def _has_length(headers: list[tuple[str, str]]) -> bool:
    """Whether the length of the body is said: static files say it, and are small."""
    return any(name.lower() == "content-length" for name, _value in headers)


def _nothing() -> None:
    """Close what has nothing to close."""
