"""Takes what was noted four times a second, off the requests' way: sums for metrics, lines for the log.

A process that is killed loses the lines of its last quarter of a second, and at most a second of its figures.
"""

import atexit
import logging
import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from time import monotonic, sleep
from typing import Final

from django.conf import settings

from applications import observed
from config.effective import announce
from config.noting import Answered, Noted, answered
from config.request_lines import NOT_LOGGED, line_of, method_of
from config.routes import route_of
from config.shared_totals import SharedTotals
from config.totals import Totals

logger = logging.getLogger(__name__)

REQUESTS: Final = "latchkey_requests"
REQUEST_SECONDS: Final = "latchkey_request_seconds"
STATEMENT_SECONDS: Final = "latchkey_statement_seconds"
EVERY: Final = 0.25  # seconds
WRITE_EVERY: Final = 1.0  # seconds between two writings of the shared file
AT_ONCE: Final = 50  # items, less than 0.5 ms; then whoever answers requests may go on
TOO_SLOW: Final = 408  # its time is the client's, and tells nothing of this server
KIND: Final = itemgetter(2, 3, 4)  # status, method and path of what was noted
TIME: Final = itemgetter(2, 4, 1)  # status, path and seconds
VERBS: Final = frozenset({"select", "insert", "update", "delete"})


class Gatherer:
    """Sums up what happens in this process, and shares the sums; `write` takes lines of the log."""

    def __init__(self, shared: SharedTotals, write: Callable[[str], object], *, logs: bool) -> None:
        self.shared, self.write, self.logs = shared, write, logs
        self.totals = Totals()
        self.lock = threading.Lock()  # of the totals, and of taking
        self.written = 0.0  # when the file was, by the monotonic clock
        self.is_shared = False

    def share(self) -> None:
        """Share the sums with the other workers from now on, and go on from those of workers that have ended."""
        self.is_shared = self._try(lambda: self.totals.add(self.shared.begin()))

    def is_first(self) -> bool:
        """Whether this is the first worker of its server, which says what the settings are."""
        return not self.is_shared or self.shared.is_first()

    def take(self, *, everything: bool = False) -> None:
        """Take all that was noted; share the sums when it is time, or at once for `everything`."""
        with self.lock:
            for requests in _drained(answered):
                self._add_requests(requests)
            for statements in _drained(observed.statements):
                for sql, seconds in statements:
                    self.totals.time((STATEMENT_SECONDS, _verb(sql)), seconds)
            for events in _drained(observed.events):
                for (event, label, number), times in Counter(events).items():
                    self.totals.count((event.value, label) if label else (event.value,), number * times)
            if self.is_shared and (everything or monotonic() - self.written >= WRITE_EVERY):
                self.written = monotonic()
                self._try(lambda: self.shared.write(self.totals))

    def together(self) -> Totals:
        """Return the sums of all workers; of this one alone where they cannot be shared."""
        self.take(everything=True)
        return self.shared.together() if self.is_shared else self.totals

    def run(self) -> None:
        """Take for as long as the process runs."""
        while True:
            sleep(EVERY)
            try:
                self.take()
            except Exception:
                logger.exception("what was noted of some requests is lost")

    def _add_requests(self, requests: list[Noted]) -> None:
        for (status, method, path), number in Counter(map(KIND, requests)).items():
            self.totals.count((REQUESTS, method_of(method), route_of(path), str(status)), number)
        for status, path, seconds in map(TIME, requests):
            if status != TOO_SLOW:
                self.totals.time((REQUEST_SECONDS, route_of(path)), seconds)
        logged = map(Answered._make, requests if self.logs else ())
        if lines := [line_of(request) for request in logged if request.path not in NOT_LOGGED]:
            self.write("".join(lines))

    def _try(self, call: Callable[[], None]) -> bool:
        """Return whether it could be done: a full disk or a folder of somebody else's must not end the server."""
        try:
            call()
        except (OSError, ValueError) as error:
            logger.warning("metrics of the workers are not together: %s", error)
            return False
        return True


def _drained[Item](items: deque[Item]) -> Iterator[list[Item]]:
    """Take away what is there now, a few at a time, and let other threads go on in between."""
    left = len(items)  # what comes meanwhile is for the next time: it may never stop coming
    while left > 0:
        yield [items.popleft() for _number in range(min(AT_ONCE, left))]
        left -= AT_ONCE
        sleep(0)


@lru_cache(maxsize=1024)
def _verb(sql: str) -> str:
    word = sql.lstrip()[:6].lower()
    return word if word in VERBS else "other"


def write_to_log(lines: str) -> None:
    """Write lines where all of the log goes."""
    sys.stderr.write(lines)
    sys.stderr.flush()


gatherer = Gatherer(
    SharedTotals(settings.VAR_DIR / "metrics", os.getppid(), os.getpid()),
    write_to_log,
    logs=settings.REQUEST_LOG,
)


def start() -> None:
    """Begin to gather in this process, a worker of the server."""
    if not settings.GATHERS:
        return
    gatherer.share()
    if gatherer.is_first():
        threading.Thread(
            target=announce, args=(settings.SETTINGS_READ, write_to_log), name="announcing", daemon=True
        ).start()
    atexit.register(gatherer.take, everything=True)
    threading.Thread(target=gatherer.run, name="gathering", daemon=True).start()
