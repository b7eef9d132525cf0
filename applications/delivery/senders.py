"""Threads that send: as many as there is to send, and no more than there may be."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

IDLE_SECONDS = 30.0  # after which a thread without work ends
STACK = 512 * 1024  # bytes; a request needs far less


class Senders[Work]:
    """Threads that call `do` with what is put. They ask nothing of the database, and never keep a process alive."""

    def __init__(self, do: Callable[[Work], None], most: int) -> None:
        self.do, self.most = do, most
        self.lock = threading.Lock()
        self.number = 0
        self.spare = (
            0  # threads less the work that is put and not done; below 0 where work waits for a thread
        )
        self.waiting: SimpleQueue[Work] = SimpleQueue()

    def put(self, work: Work) -> None:
        """Let a thread do it, a new one where all are busy."""
        with self.lock:
            is_needed = self.spare <= 0 and self.number < self.most
            self.number += is_needed
            self.spare += is_needed - 1
        self.waiting.put(work)
        if is_needed:
            self._start()

    def _start(self) -> None:
        with self.lock:  # the size is of all threads that start from now on
            before = threading.stack_size(STACK)
            try:
                threading.Thread(target=self._work, name="webhook", daemon=True).start()
            finally:
                threading.stack_size(before)

    def _work(self) -> None:
        while True:
            try:
                work = self.waiting.get(timeout=IDLE_SECONDS)
            except Empty:
                if self._may_end():
                    return
                continue
            self.do(work)
            with self.lock:
                self.spare += 1

    def _may_end(self) -> bool:
        """Take this thread out of the count, unless work came for it in this moment."""
        with self.lock:
            is_spare = self.spare > 0
            self.number -= is_spare
            self.spare -= is_spare
            return is_spare
