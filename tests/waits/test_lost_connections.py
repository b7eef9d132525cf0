"""A connection that PostgreSQL ended while nobody used it costs nobody a 503, unless a transaction was open in it."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

from applications.models.statements import running
from applications.waits.deadlines import database

pytestmark = [pytest.mark.postgres, pytest.mark.owner]
SECONDS_TO_END = 5


@pytest.fixture
def other(db: None) -> Iterator[Any]:
    """A connection beside that of the test; whatever became of it, the database is not remembered as away."""
    with closing(connection.copy()) as made:
        yield made
    database.succeeded()


def backend(used: Any) -> int:
    """The number of the process that answers a connection."""
    with used.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        number: int = cursor.fetchone()[0]
        return number


def end(number: int) -> None:
    """Let PostgreSQL end a connection, as it does with all when it is restarted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, %s)", [number, SECONDS_TO_END * 1000])
        assert cursor.fetchone() == (True,)
    time.sleep(0.05)


def test_one_that_was_ended_is_replaced_before_it_is_used(other: Any) -> None:
    before = backend(other)
    assert backend(other) == before, "one that is well is kept"
    end(before)
    assert backend(other) != before
    assert not database.is_open, "nor does anybody else hear that the database is away"


def test_the_frequent_statements_find_out_too(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    end(backend(other))
    monkeypatch.setattr(running, "connections", {DEFAULT_DB_ALIAS: other})
    assert running.fetch("SELECT 1", []) == [(1,)]


def test_one_that_is_closed_here_is_replaced_too(other: Any) -> None:
    before = backend(other)
    other.connection.close()
    assert backend(other) != before


def test_what_a_transaction_began_is_not_forgotten_unsaid(other: Any) -> None:
    other.set_autocommit(False)
    end(backend(other))
    with pytest.raises(OperationalError):
        backend(other)
