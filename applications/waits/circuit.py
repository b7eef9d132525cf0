"""A circuit breaker: what is known to be away is asked by one caller a second, and not by all of them."""

import threading
import time

REST_SECONDS = 1.0  # after a failure, until the next caller may ask
PROBE_SECONDS = 10.0  # how long that caller may take: longer than any wait lasts


class Circuit:
    """Closed while all is well. A failure opens it; then one caller at a time asks, and the first success closes it."""

    def __init__(self, rest: float = REST_SECONDS) -> None:
        self.rest = rest
        self.lock = threading.Lock()
        self.is_open = False
        self.next_probe = 0.0  # by the monotonic clock

    def allows(self) -> bool:
        """Whether the caller may ask now; while the circuit is open, whoever is told yes is the only one."""
        if not self.is_open:
            return True
        with self.lock:
            clock = time.monotonic()
            if clock < self.next_probe:
                return False
            self.next_probe = clock + PROBE_SECONDS
            return True

    def failed(self) -> None:
        """Open it, or keep it open for another rest."""
        with self.lock:
            self.is_open = True
            self.next_probe = time.monotonic() + self.rest

    def succeeded(self) -> None:
        """Close it."""
        if self.is_open:
            with self.lock:
                self.is_open = False
