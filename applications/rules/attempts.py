"""What an attempt to deliver comes to, and when the next one is due."""

import random
from datetime import timedelta
from typing import Final

GONE: Final = 410  # the receiver wants no more of it (RFC 9110 section 15.5.11)
# How long to wait after each failed attempt; after the last of them there is one more attempt.
DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
)
JITTER: Final = (
    0.1  # of the delay, added at random: receivers that came back are not all asked in the same second
)


def is_success(status: int | None, error: str) -> bool:
    """Whether the receiver took the delivery: a whole answer with any status of 2xx, and no other."""
    return error == "" and status is not None and 200 <= status < 300


def outcome(status: int | None, error: str) -> str:
    """Return what an attempt came to, for counting: "delivered", the error's code, or the kind of status ("5xx")."""
    if is_success(status, error):
        return "delivered"
    return error or f"{(status or 0) // 100}xx"


def next_delay(failed_tries: int, retry_after: int | None) -> timedelta | None:
    """Return how long to wait after so many failed attempts, of which there is one; None to give up.

    `retry_after` is what the receiver asked for, in seconds: the wait is never shorter.
    """
    if failed_tries > len(DELAYS):
        return None
    delay = DELAYS[failed_tries - 1] * random.uniform(1, 1 + JITTER)
    return max(delay, timedelta(seconds=retry_after or 0))
