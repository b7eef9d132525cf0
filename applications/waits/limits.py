"""How long one statement, and the wait for one lock, may take (docs/decisions/0037).

Whoever answers people and clients gives up within seconds. Commands, migrations and exports may take an hour: they are
what a process begins with, and a server says `answer_in_time` at its start.
"""

import threading
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds."""

    statement: float
    lock: float
    idle_in_transaction: float  # 0: no limit


class _OfProcess:
    in_time = False


class _OfThread(threading.local):
    patient = False


_process, _thread = _OfProcess(), _OfThread()


def answer_in_time() -> None:
    """Let this process give up within seconds; connections that are open already keep their limits."""
    _process.in_time = True


def be_patient() -> None:
    """Let the calling thread take its time, whatever its process does; before it opens a connection."""
    _thread.patient = True


def limits() -> Limits:
    """Return what holds for the calling thread."""
    if _is_in_time():
        return Limits(statement_seconds(), settings.DATABASE_LOCK_TIMEOUT, 10 * statement_seconds())
    return Limits(statement_seconds(), settings.DATABASE_LONG_LOCK_TIMEOUT, 0)


def statement_seconds() -> float:
    """Return the limit of one statement; asked before each, so it makes nothing."""
    seconds: float = (
        settings.DATABASE_STATEMENT_TIMEOUT if _is_in_time() else settings.DATABASE_LONG_STATEMENT_TIMEOUT
    )
    return seconds


def _is_in_time() -> bool:
    return _process.in_time and not _thread.patient
