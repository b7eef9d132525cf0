"""Which threads answer a request: what needs no database has one of its own, and never waits for one that does."""

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from config.threads import Threads

# Answered from memory and from files.
QUICK = ("/health/live", "/.well-known/", "/static/")
READY = "/health/ready"  # waits for the database as others do, but not behind them
MAX_PROBES = 8  # that wait at once


class Lanes:
    """The threads for most requests, and one thread each for those that must not wait behind them."""

    def __init__(
        self, application: WSGIApplication, count: int, most_waiting: int, *, begin: Callable[[], None]
    ) -> None:
        self.most = Threads(application, count, most_waiting, begin=begin)
        self.quick = Threads(application, 1, most_waiting, begin=begin)
        self.ready = Threads(application, 1, MAX_PROBES, begin=begin)

    def of(self, path: str) -> Threads:
        """Return the threads that answer requests for a path."""
        if path.startswith(QUICK):
            return self.quick
        return self.ready if path == READY else self.most
