"""Slowing down who tries wrong secrets, without ever keeping the right one out (docs/decisions/0008)."""

import threading
import time
from collections import OrderedDict

from applications.rules.networks import Address

type Key = tuple[Address, str]


class Failures:
    """Failed tries of the running minute, by address and client ID, in this process alone.

    Bounded: what was tried longest ago is forgotten first. ClientAndToken only once a request has failed, so no
    number of failures can refuse one that would succeed.
    """

    def __init__(self, most: int = 100, seconds: float = 60, keys: int = 10_000) -> None:
        self.most, self.seconds, self.keys = most, seconds, keys
        self.lock = threading.Lock()
        self.windows: OrderedDict[Key, tuple[float, int]] = OrderedDict()

    def record(self, address: Address, client_id: str) -> int:
        """Count a failure and return how many seconds to wait before the next: 0 while there were few."""
        clock = time.monotonic()
        with self.lock:
            began, number = self.windows.pop((address, client_id), (clock, 0))
            if clock - began >= self.seconds:
                began, number = clock, 0
            self.windows[(address, client_id)] = began, number + 1
            if len(self.windows) > self.keys:
                self.windows.popitem(last=False)
        return round(began + self.seconds - clock) or 1 if number >= self.most else 0

    def forget(self) -> None:
        """Begin anew."""
        with self.lock:
            self.windows.clear()


failures = Failures()
