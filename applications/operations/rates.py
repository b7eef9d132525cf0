"""Counting requests per client and minute, shared by all processes, for the rate limits of the API."""

import logging
import time

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache

from applications import observed
from applications.models.rates import RateCount, count_request
from applications.waits.circuit import Circuit

logger = logging.getLogger(__name__)

MINUTE = 60  # seconds
HOUR = 60  # minutes
SECONDS_LEFT_ALONE = 5.0


class Sweeper:
    """Deletes the counts of clients who have not come for long, once an hour in each process."""

    def __init__(self) -> None:
        self.swept = 0  # hour since 1970

    def sweep(self, minute: int) -> None:
        hour, before = minute // HOUR, self.swept
        if before != hour:
            self.swept = hour
            RateCount.objects.filter(minute__lt=minute - HOUR).delete()


sweeper = Sweeper()


class Outage:
    """What is known of the cache: while it does not answer, one caller asks every few seconds."""

    def __init__(self) -> None:
        self.circuit = Circuit(SECONDS_LEFT_ALONE)
        self.warned = 0.0  # by the monotonic clock

    def begin(self, error: Exception) -> None:
        """Leave the cache alone for a while; say so in the log, once a minute at most."""
        observed.count(observed.Event.CACHE_ERRORS)
        clock = time.monotonic()
        self.circuit.failed()
        if not self.warned or clock - self.warned >= MINUTE:
            self.warned = clock
            logger.warning(
                "the cache does not answer: good credentials have no limit, the database counts failed requests",
                exc_info=error,
            )


outage = Outage()


def count_api_request(client: str, moment: float, *, is_good: bool = False) -> int:
    """Count a request of `client` at `moment`, in seconds since 1970; return which one of its minute it is.

    Exact on the database cache and on Redis or Valkey, where it takes one or two questions. While another cache than
    the database fails, good credentials are not counted (0), because the database could not carry all of them; the
    database counts who guesses.
    """
    minute = int(moment // MINUTE)
    if not isinstance(caches["rates"], DatabaseCache):
        number = _in_cache(f"rate:{client}:{minute}")
        if number is not None:
            return number
        if is_good:
            return 0
    sweeper.sweep(minute)
    return count_request(client, minute)


def _in_cache(key: str) -> int | None:
    """Count in the cache; None while it does not answer."""
    if not outage.circuit.allows():
        return None
    try:
        number = _increase(key)
    except Exception as error:  # each cache has errors of its own, in a package that is there only with it
        outage.begin(error)
        return None
    outage.circuit.succeeded()
    return number


def ask_cache() -> bool:
    """Whether the cache answers; asked even while it is known not to."""
    try:
        caches["rates"].get("health")
    except Exception as error:  # as in _in_cache
        outage.begin(error)
        return False
    outage.circuit.succeeded()
    return True


def _increase(key: str) -> int:
    cache = caches["rates"]
    try:
        return cache.incr(key)
    except ValueError:  # the first of its minute; of several at once, one adds it
        cache.add(key, 0, timeout=2 * MINUTE)
        return cache.incr(key)


def next_minute(moment: float) -> int:
    """Return when the minute of `moment` ends, in seconds since 1970."""
    return (int(moment // MINUTE) + 1) * MINUTE


def count_of_hour(client: str, moment: float) -> int:
    """Count for `client` at `moment`, in seconds since 1970; return which one of its hour it is.

    Always in the database, exact among all processes: what is counted by the hour is rare. The hour is stored as its
    first minute, so that the sweeper leaves it alone until it is over.
    """
    sweeper.sweep(int(moment // MINUTE))
    return count_request(client, int(moment // (MINUTE * HOUR)) * HOUR)


def next_hour(moment: float) -> int:
    """Return when the hour of `moment` ends, in seconds since 1970."""
    return (int(moment // (MINUTE * HOUR)) + 1) * MINUTE * HOUR
