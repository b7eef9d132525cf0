"""A few threads that run the WSGI application, so that the event loop of the front never waits for a database."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from config.exchanges import Answer
from config.streams import Streamed

WITHOUT_BODY = ("204", "304")  # of which no length is said (RFC 9110 section 8.6)
WAIT_SECONDS = 1.5  # for a free thread; with the longest wait for the database it stays under 5 s


class QueueFull(Exception):
    """Too many requests wait for a thread already, or this one has waited for too long."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request for a thread, and who waits for its answer; it is refused after `until`, by the monotonic clock."""

    environ: WSGIEnvironment
    future: asyncio.Future[Answer | Streamed]
    loop: asyncio.AbstractEventLoop
    until: float

    def finish(self, answer: Answer | Streamed | None, error: Exception | None) -> None:
        """Hand over what came of it, from any thread."""
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self.loop.call_soon_threadsafe(self._hand_over, answer, error)

    def _hand_over(self, answer: Answer | Streamed | None, error: Exception | None) -> None:
        if self.future.done():  # whoever awaited it was cancelled
            if isinstance(answer, Streamed):
                answer.close()
        elif answer is not None:
            self.future.set_result(answer)
        elif error is not None:
            self.future.set_exception(error)


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
        for number in range(count):
            threading.Thread(target=self._work, name=f"requests-{number}", daemon=True).start()

    async def answer(self, environ: WSGIEnvironment) -> Answer | Streamed:
        """Let a thread answer; raise QueueFull, at once, where too many wait, and what the application raises."""
        if self.taken >= self.most:
            raise QueueFull
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer | Streamed] = loop.create_future()
        self.taken += 1
        self.jobs.put(Job(environ, future, loop, time.monotonic() + WAIT_SECONDS))
        try:
            return await future
        finally:
            self.taken -= 1

    def _work(self) -> None:
        self.begin()
        while True:
            self._do(self.jobs.get())

    def _do(self, job: Job) -> None:
        try:
            if time.monotonic() > job.until:
                raise QueueFull
            job.finish(call(self.application, job.environ), None)
        except Exception as error:  # raised again where the answer is awaited
            job.finish(None, error)


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
    if getattr(iterable, "streaming", False) and _length(headers) is None:
        return Streamed(int(status[:3]), headers, iter(iterable), close)
    try:
        parts.extend(iterable)
    finally:
        close()
    status, headers = head
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    length = _length(headers)
    if length is None and not status.startswith(WITHOUT_BODY):
        headers = [*headers, ("Content-Length", str(len(body)))]
    elif length not in (None, len(body)) and environ["REQUEST_METHOD"] != "HEAD":
        raise ValueError(f"The body has {len(body)} bytes, and its head says {length}.")
    return int(status[:3]), headers, body


def _length(headers: list[tuple[str, str]]) -> int | None:
    """Return the length of the body where the head says it: that of static files does, which are small."""
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


def _nothing() -> None:
    """Close what has nothing to close."""
