"""Counting requests per caller and minute, shared by all processes, for the rate limits of the API."""

import logging

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache

from applications.models.rates import RateCount, count_request

logger = logging.getLogger(__name__)

MINUTE = 60  # seconds
HOUR = 60  # minutes


class Sweeper:
    """Deletes the counts of callers who have not come for long, once an hour in each process."""

    def __init__(self) -> None:
        self.swept = 0  # hour since 1970

    def sweep(self, minute: int) -> None:
        hour, before = minute // HOUR, self.swept
        if before != hour:
            self.swept = hour
            RateCount.objects.filter(minute__lt=minute - HOUR).delete()


sweeper = Sweeper()


def count(caller: str, moment: float) -> int:
    """Count a request of `caller` at `moment`, in seconds since 1970; return which one of its minute it is.

    Exact on the database cache and on Redis or Valkey, where it takes one or two questions. When another cache than
    the database fails, the API goes on without limits: returns 0.
    """
    minute = int(moment // MINUTE)
    cache = caches["default"]
    if isinstance(cache, DatabaseCache):
        sweeper.sweep(minute)
        return count_request(caller, minute)
    try:
        return _in_cache(f"rate:{caller}:{minute}")
    except Exception:  # each cache has errors of its own, in a package that is there only with it
        logger.warning("the cache does not answer, so that rate limits do not hold", exc_info=True)
        return 0


def _in_cache(key: str) -> int:
    cache = caches["default"]
    try:
        return cache.incr(key)
    except ValueError:  # the first of its minute; of several at once, one adds it
        cache.add(key, 0, timeout=2 * MINUTE)
        return cache.incr(key)


def next_minute(moment: float) -> int:
    """Return when the minute of `moment` ends, in seconds since 1970."""
    return (int(moment // MINUTE) + 1) * MINUTE
