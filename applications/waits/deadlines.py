"""Ends statements that PostgreSQL does not end: because it is frozen, or the network lost it, or a pooler is between.

PostgreSQL keeps the limits itself where it was told them (postgresql/base.py). A server that does not run any more
keeps none, and the thread that asked it would wait for ever: libpq has no limit of its own. So a thread of this process
looks ten times a second at what is running, and cuts the connection under what is overdue.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError

from applications.waits.circuit import Circuit
from applications.waits.limits import statement_seconds

LOOK_SECONDS = 0.1
GRACE_SECONDS = 0.25  # for PostgreSQL to end a statement by itself, or to heed a request to cancel it

type Connection = psycopg.Connection[Any]


class Away(psycopg.OperationalError):
    """The database is known to be away, or a statement known to wait in vain: it was not asked."""


class Stalled(DatabaseError):
    """A statement that many requests share has waited for a lock in vain: none of them is made to wait once more."""


database = Circuit()


def ask() -> None:
    """Return when the database may be asked; raise Away when it is known not to answer."""
    if not database.allows():
        raise Away("The database does not answer.")


def note(error: psycopg.Error) -> None:
    """Conclude from the error of whoever was allowed to ask: one with an SQLSTATE is an answer."""
    if database.is_open:
        if error.sqlstate is None:
            database.failed()
        else:
            database.succeeded()


class Deadlines:
    """What is running in this process, and until when it may."""

    def __init__(self) -> None:
        self.running: dict[Connection, float] = {}  # until when, by the monotonic clock
        self.cancelled: set[Connection] = set()
        self.thread: threading.Thread | None = None

    def begin(self, connection: Connection) -> None:
        """Let the watch begin over a statement of `connection`."""
        grace = 0.0 if not settings.DATABASE_PREPARE else GRACE_SECONDS
        self.running[connection] = time.monotonic() + statement_seconds() + grace
        if self.thread is None:
            self._start()

    def end(self, connection: Connection) -> None:
        """Say that the statement has ended, however it did."""
        self.running.pop(connection, None)
        if self.cancelled:
            self.cancelled.discard(connection)

    def begin_anew(self) -> None:
        """Forget what ran and who watched: in a process that was forked, neither is there."""
        self.running.clear()
        self.cancelled.clear()
        self.thread = None

    def _start(self) -> None:
        self.thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            clock = time.monotonic()
            for connection, until in self.running.copy().items():
                if clock > until:
                    self._end(connection)

    def _end(self, connection: Connection) -> None:
        """Behind a pooler PostgreSQL was told no limits: it is asked to cancel, and cut off when it does not."""
        if settings.DATABASE_PREPARE or connection in self.cancelled:
            cut(connection)
            return
        self.cancelled.add(connection)
        self.running[connection] = time.monotonic() + GRACE_SECONDS
        threading.Thread(target=_cancel, args=(connection,), name="cancel", daemon=True).start()


def _cancel(connection: Connection) -> None:
    with suppress(psycopg.Error, OSError):  # then the connection is cut
        connection.cancel_safe(timeout=2)


def cut(connection: Connection) -> None:
    """End the connection under whoever waits on it, who gets an OperationalError; the database counts as away."""
    database.failed()
    with (
        suppress(psycopg.Error, OSError),  # it has ended in this very moment
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as ours,
    ):
        ours.shutdown(socket.SHUT_RDWR)


deadlines = Deadlines()
os.register_at_fork(after_in_child=deadlines.begin_anew)
