"""Running the frequent statements: on PostgreSQL they are prepared once per connection and go straight to libpq.

Django's cursor and psycopg's, made for any statement, cost a token request more processor time than all of its own
work does, and one statement without a transaction needs nothing of theirs but the adapters. bench/ has the figures.
"""

import ipaddress
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from time import perf_counter
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.dateparse import parse_datetime
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import LockNotAvailable, QueryCanceled, error_from_result

from applications import observed
from applications.waits.circuit import Circuit
from applications.waits.deadlines import Away, ask, database, deadlines, note

GONE = b"26000"  # SQLSTATE invalid_sql_statement_name
type Row = tuple[Any, ...]

MAX_PREPARED = (
    64  # prepared in a connection; how many scopes a client asks for makes another statement each time
)


def fetch(statement: str, parameters: Sequence[Any]) -> list[Row]:
    """Run a statement, its parameters written `%s`, and return its rows; raises what Django's cursor would."""
    used = connections[DEFAULT_DB_ALIAS]
    if used.vendor != "postgresql" or used.in_atomic_block:
        return _by_cursor(used, statement, parameters)
    used.close_if_health_check_failed()
    used.ensure_connection()
    with used.wrap_database_errors:
        return _watched(used.connection, statement, parameters)


def _watched(connection: psycopg.Connection[Any], statement: str, parameters: Sequence[Any]) -> list[Row]:
    """Run a statement within its limits. Away, at once: the database, or a lock that it waits for, is known to be."""
    if _stalled and not _stalled.get(statement, _FLOWING).allows():
        raise Away("This statement waits for a lock that somebody holds.")
    if database.is_open:
        ask()
    deadlines.begin(connection)
    started = perf_counter()
    try:
        rows = _prepared_of(connection).fetch(statement, parameters)
    except (QueryCanceled, LockNotAvailable):
        _stalled.setdefault(statement, Circuit()).failed()
        raise
    except psycopg.Error as error:
        note(error)
        _stalled.pop(statement, None)
        raise
    finally:
        deadlines.end(connection)
        observed.statements.append((statement, perf_counter() - started))
    if database.is_open:
        database.succeeded()
    if _stalled:
        _stalled.pop(statement, None)
    return rows


def fetch_row(statement: str, parameters: Sequence[Any]) -> Row | None:
    """Run a statement as `fetch` does and return its only row, or None."""
    rows = fetch(statement, parameters)
    return rows[0] if rows else None


def time_of(value: Any) -> datetime | None:
    """Return the aware time that a column or an expression of a row holds."""
    # SQLite keeps times as text in UTC, which its driver knows for columns but not for expressions.
    parsed = parse_datetime(value) if isinstance(value, str) else value
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed


def _by_cursor(used: BaseDatabaseWrapper, statement: str, parameters: Sequence[Any]) -> list[Row]:
    if used.vendor == "sqlite":
        parameters = [_of_sqlite(used, value) for value in parameters]
    with used.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _of_sqlite(used: BaseDatabaseWrapper, value: Any) -> Any:
    """Return what a column of SQLite holds for a value, where its driver does not know."""
    if isinstance(value, datetime):
        return used.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID):
        return value.hex
    return str(value) if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address) else value


class Prepared:
    """The statements of one connection, by their text and the types of their parameters."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.libpq = connection.pgconn
        self.adapter = Transformer(connection)
        self.is_wanted = connection.prepare_threshold is not None  # DATABASE_PREPARE
        self.names: dict[tuple[str, Sequence[int]], bytes] = {}

    def fetch(self, statement: str, parameters: Sequence[Any]) -> list[Row]:
        # Any: the types of psycopg leave out that libpq takes None.
        values: Any = self.adapter.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        result = self._run(statement, values)
        if result.error_field(pq.DiagnosticField.SQLSTATE) == GONE:
            # psycopg deallocates all, these too, after a ROLLBACK of its own. Nothing was run, so it may be again.
            self.names.clear()
            result = self._run(statement, values)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        self.adapter.set_pgresult(result)
        return self.adapter.load_rows(0, result.ntuples, tuple)

    def _run(self, statement: str, values: Any) -> pq.abc.PGresult:
        types, formats = self.adapter.types or (), self.adapter.formats
        if name := self._name(statement, types):
            return self.libpq.exec_prepared(name, values, formats)
        return self.libpq.exec_params(_numbered(statement), values, types, formats)

    def _name(self, statement: str, types: Sequence[int]) -> bytes | None:
        """Return what the statement is prepared under; None when it is not to be."""
        name = self.names.get((statement, types))
        if name is None and self.is_wanted and len(self.names) < MAX_PREPARED:
            name = b"latchkey_%d" % next(_numbers)
            result = self.libpq.prepare(name, _numbered(statement), types)
            if result.status != pq.ExecStatus.COMMAND_OK:
                raise error_from_result(result)
            self.names[statement, types] = name
        return name


# Statements that found a table locked a moment ago: while somebody holds the lock, one request a second waits for it,
# and the threads are free for what needs other tables.
_stalled: dict[str, Circuit] = {}
_FLOWING = Circuit()
_numbers = count()  # a name is used once, whatever became of those before
_prepared: dict[psycopg.Connection[Any], Prepared] = {}


def _prepared_of(connection: psycopg.Connection[Any]) -> Prepared:
    """Return what is prepared in a connection; with a new one, those that were closed are forgotten."""
    if (prepared := _prepared.get(connection)) is None:
        for known in list(_prepared):
            if known.closed:
                _prepared.pop(known, None)
        prepared = _prepared[connection] = Prepared(connection)
    return prepared


@lru_cache
def _numbered(statement: str) -> bytes:
    """Return the statement as PostgreSQL takes it, with `$1` for the first `%s`."""
    number = count(1)
    return re.sub("%s", lambda _parameter: f"${next(number)}", statement).encode()
