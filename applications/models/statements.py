"""Running the hot statements: on PostgreSQL they are prepared once per connection and go straight to libpq.

Django's cursor and psycopg's, made for any statement, take a fifth of the processor time of a token request, and
nothing that they do beyond this is needed for one statement without a transaction. bench/ has the figures.
"""

import ipaddress
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

type Row = tuple[Any, ...]

ANY_FORMAT = [PyFormat.AUTO] * 32  # of parameters; no statement has as many
# Of each connection, the name of each statement with the types of its parameters.
_names: WeakKeyDictionary[psycopg.Connection[Any], dict[tuple[str, tuple[int, ...]], bytes]] = (
    WeakKeyDictionary()
)


def fetch(statement: str, parameters: Sequence[Any]) -> list[Row]:
    """Run a statement, its parameters written `%s`, and return its rows; raises what Django raises."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql" or database.in_atomic_block:
        return _by_cursor(database, statement, parameters)
    database.ensure_connection()
    with database.wrap_database_errors:
        return _by_libpq(database.connection, statement, parameters)


def _by_cursor(database: BaseDatabaseWrapper, statement: str, parameters: Sequence[Any]) -> list[Row]:
    if database.vendor == "sqlite":
        parameters = [_of_sqlite(database, value) for value in parameters]
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _of_sqlite(database: BaseDatabaseWrapper, value: Any) -> Any:
    """Return what a column of SQLite holds for a value, where its driver does not know."""
    if isinstance(value, datetime):
        return database.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID):
        return value.hex
    return str(value) if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address) else value


def _by_libpq(connection: psycopg.Connection[Any], statement: str, parameters: Sequence[Any]) -> list[Row]:
    adapter, libpq = Transformer(connection), connection.pgconn
    values = adapter.dump_sequence(parameters, ANY_FORMAT[: len(parameters)])
    if connection.prepare_threshold is None:  # DATABASE_PREPARE is off
        result = libpq.exec_params(_numbered(statement), values, adapter.types, adapter.formats)
    else:
        name = _prepared(connection, statement, adapter.types or ())
        result = libpq.exec_prepared(name, values, adapter.formats)
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise error_from_result(result)
    adapter.set_pgresult(result)
    return adapter.load_rows(0, result.ntuples, tuple)


def _prepared(connection: psycopg.Connection[Any], statement: str, types: tuple[int, ...]) -> bytes:
    """Return the name of the statement in this connection."""
    names = _names.setdefault(connection, {})
    if (name := names.get((statement, types))) is None:
        name = b"latchkey_%d" % len(names)
        result = connection.pgconn.prepare(name, _numbered(statement), types)
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise error_from_result(result)
        names[statement, types] = name
    return name


@lru_cache
def _numbered(statement: str) -> bytes:
    """Return the statement as PostgreSQL takes it, with `$1` for the first `%s`."""
    number = count(1)
    return re.sub("%s", lambda _parameter: f"${next(number)}", statement).encode()
