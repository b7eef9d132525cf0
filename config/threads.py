"""A few threads that run the WSGI application, so that the event loop of the front never waits for a database."""

import asyncio
import threading
from collections import deque
from queue import SimpleQueue
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

type Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, and the whole body
type Asked = tuple[WSGIEnvironment, asyncio.Future[Answer]]
type Done = tuple[asyncio.Future[Answer], Answer | Exception]


class QueueFull(Exception):
    """So many requests wait for a thread that one more would only wait too long."""


class Threads:
    """`count` threads; of the requests that find none free, at most `most_waiting` wait for one."""

    def __init__(self, application: WSGIApplication, count: int, most_waiting: int) -> None:
        self.application = application
        self.most = count + most_waiting
        self.taken = 0  # requests that wait or are being answered; only the event loop counts them
        self.asked: SimpleQueue[Asked] = SimpleQueue()
        self.done: deque[Done] = deque()
        self.waking = False
        for number in range(count):
            threading.Thread(target=self._work, name=f"requests-{number}", daemon=True).start()

    async def answer(self, environ: WSGIEnvironment) -> Answer:
        """Return what the application answers; raise QueueFull, at once, where too many wait already."""
        if self.taken >= self.most:
            raise QueueFull
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.taken += 1
        self.asked.put((environ, future))
        return await future

    def _work(self) -> None:
        while True:
            environ, future = self.asked.get()
            try:
                result: Answer | Exception = call(self.application, environ)
            except Exception as error:  # raised again where the answer is awaited
                result = error
            self.done.append((future, result))
            # Waking the loop costs a system call, so one call stands for all that are done by the time it wakes.
            if not self.waking:
                self.waking = True
                future.get_loop().call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        self.waking = False  # first: what is done from here on wakes the loop again
        while self.done:
            future, result = self.done.popleft()
            self.taken -= 1
            if future.done():  # whoever awaited it was cancelled
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def call(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Return what a WSGI application answers (PEP 3333), a streamed body in one piece."""
    head: tuple[str, list[tuple[str, str]]] = ("", [])
    parts: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        nonlocal head
        head = (status, headers)
        return parts.append

    iterable = application(environ, start_response)
    try:
        parts.extend(iterable)
    finally:
        if hasattr(iterable, "close"):
            iterable.close()
    status, headers = head
    return int(status[:3]), headers, parts[0] if len(parts) == 1 else b"".join(parts)
