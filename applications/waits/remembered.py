"""A value of the database that is answered from memory, so that whoever wants it does not wait for the database."""

import threading
import time
from collections.abc import Callable

from django.db import Error, connection


class Remembered[Value]:
    """What `read` returned. When that is older than `seconds`, a thread reads it anew and nobody waits for it."""

    def __init__(self, read: Callable[[], Value], *, seconds: float) -> None:
        self.read, self.seconds = read, seconds
        self.lock = threading.Lock()
        self.value: Value | None = None
        self.read_at = 0.0  # by the monotonic clock

    def get(self) -> Value | None:
        """Return the value; None where it was never read and the database does not answer."""
        if self.value is None:
            self._renew()
        elif time.monotonic() - self.read_at > self.seconds and self.lock.acquire(blocking=False):
            threading.Thread(target=self._renew_beside, name="remembered", daemon=True).start()
        return self.value

    def forget(self) -> None:
        """Read it at the next request."""
        self.value = None

    def _renew(self) -> None:
        try:
            self.value = self.read()
        except Error:  # the next one tries again
            return
        self.read_at = time.monotonic()

    def _renew_beside(self) -> None:
        """Renew it in a thread of its own, which has taken the lock."""
        try:
            self._renew()
        finally:
            connection.close()
            self.lock.release()
