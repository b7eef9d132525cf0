"""Django's backend for PostgreSQL, which tells the server its limits and watches each wait (docs/decisions/0037)."""

import math
import select
from collections.abc import Generator
from functools import cached_property
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus

from applications.waits.deadlines import ask, database, deadlines, note
from applications.waits.limits import limits

MOST_UNACKNOWLEDGED = 30.0  # seconds that the other side may leave what was sent without a word


class Connection(psycopg.Connection[Any]):
    """A connection whose every wait for the server has an end."""

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        """As psycopg's; raises Away, and asks nothing, while the database is known to be away.

        Within a transaction it asks all the same: what has begun may still come to its end.
        """
        if database.is_open and self.pgconn.transaction_status == TransactionStatus.IDLE:
            ask()
        deadlines.begin(self)
        try:
            result = super().wait(gen, *arguments, **options)
        except psycopg.Error as error:
            note(error)
            raise
        finally:
            deadlines.end(self)
        if database.is_open:
            database.succeeded()
        return result

    @cached_property
    def readable(self) -> select.poll:
        """What says at once whether anything came in."""
        readable = select.poll()
        readable.register(self.pgconn.socket, select.POLLIN)
        return readable

    def was_closed_by_server(self) -> bool:
        """Whether the server has ended it while nothing was asked: else nothing comes in. About a microsecond."""
        return self.pgconn.status != ConnStatus.OK or bool(self.readable.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    """Opens such connections, and none while the database is known to be away."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg connects with: the limits of the calling thread among it."""
        params: dict[str, Any] = super().get_connection_params()
        own = params.pop("options", "")
        params.update(_network_limits() | params)
        if options := f"{_server_limits()} {own}".strip():
            params["options"] = options
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Connect, and remember whether that went well."""
        ask()
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        try:
            connection = Connection.connect(**conn_params)
        except psycopg.OperationalError:
            database.failed()
            raise
        database.succeeded()
        return connection

    def close_if_health_check_failed(self) -> None:
        """Give up a connection that the server has ended since it was used, before each use outside a transaction.

        So after a restart of PostgreSQL nobody gets a 503 because of a connection of before (docs/decisions/0010).
        """
        idle = self.connection is not None and self.autocommit and not self.in_atomic_block
        if idle and self.connection.was_closed_by_server():
            self.close()

    def is_usable(self) -> bool:
        """Whether the connection still works; one of a database that is away is given up without asking."""
        usable: bool = not database.is_open and super().is_usable()
        return usable


def _network_limits() -> dict[str, Any]:
    """For a network that loses everything without a word: libpq's parameters, the server's side apart."""
    return {
        "connect_timeout": math.ceil(settings.DATABASE_CONNECT_TIMEOUT),  # psycopg's least is 2
        "tcp_user_timeout": _milliseconds(min(limits().statement, MOST_UNACKNOWLEDGED)),
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }


def _server_limits() -> str:
    """Return what PostgreSQL is to keep by itself. A pooler refuses it at the start of a connection."""
    if not settings.DATABASE_PREPARE:
        return ""
    held = limits()
    values = {
        "statement_timeout": held.statement,
        "lock_timeout": held.lock,
        "idle_in_transaction_session_timeout": held.idle_in_transaction,
    }
    return " ".join(f"-c {name}={_milliseconds(seconds)}" for name, seconds in values.items())


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
