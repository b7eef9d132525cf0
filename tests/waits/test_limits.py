"""Statements end in time: by PostgreSQL, by a request to cancel, or by cutting the connection."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from pytest_django import Settings

from applications.models.statements import running
from applications.models.statements.running import fetch
from applications.waits import deadlines, limits
from applications.waits.deadlines import Away
from applications.waits.limits import Limits, be_patient

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def in_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer in time as the server does, with short limits, on a connection of this test's own."""
    monkeypatch.setattr(limits._process, "in_time", True)
    settings.DATABASE_STATEMENT_TIMEOUT, settings.DATABASE_LOCK_TIMEOUT = 0.4, 0.2
    connection.close()
    yield
    deadlines.database.succeeded()
    running._stalled.clear()
    connection.close()


def ask(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def parameters() -> dict[str, Any]:
    return connection.get_connection_params()


def test_postgresql_is_told_the_limits_of_the_server() -> None:
    assert [ask(f"SHOW {name}") for name in ("statement_timeout", "lock_timeout")] == ["400ms", "200ms"]
    assert ask("SHOW idle_in_transaction_session_timeout") == "4s"
    assert parameters()["connect_timeout"] == 2
    assert parameters()["tcp_user_timeout"] == 400
    assert parameters()["keepalives_idle"] == 10


def test_options_of_ones_own_are_kept_and_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {**connection.settings_dict["OPTIONS"], "options": "-c lock_timeout=7", "connect_timeout": 9}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", own)
    assert parameters()["options"].endswith("-c lock_timeout=7")
    assert parameters()["connect_timeout"] == 9
    assert ask("SHOW lock_timeout") == "7ms"


def test_a_pooler_is_told_nothing_that_it_would_refuse(settings: Settings) -> None:
    settings.DATABASE_PREPARE = False
    assert "options" not in parameters()


def test_commands_and_exports_may_take_their_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Limits] = []

    def export() -> None:
        be_patient()
        found.append(limits.limits())

    thread = threading.Thread(target=export)
    thread.start()
    thread.join()
    monkeypatch.setattr(limits._process, "in_time", False)
    assert [*found, limits.limits()] == [Limits(3600, 60, 0)] * 2
    connection.close()
    assert ask("SHOW statement_timeout") == "1h"


def test_postgresql_ends_a_statement_and_the_connection_lives_on() -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError, match="statement timeout"):
        ask("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 2
    assert ask("SELECT 1") == 1
    assert not deadlines.database.is_open


def test_behind_a_pooler_the_client_cancels_and_the_connection_lives_on(settings: Settings) -> None:
    settings.DATABASE_PREPARE = False
    began = time.monotonic()
    with pytest.raises(OperationalError, match="user request"):
        ask("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 2
    assert ask("SELECT 1") == 1
    assert not deadlines.database.is_open


@pytest.mark.parametrize("by", [ask, lambda statement: fetch(statement, [])], ids=["cursor", "libpq"])
def test_what_does_not_end_is_cut_off_and_the_database_counts_as_away(by: Callable[[str], object]) -> None:
    ask("SELECT set_config('statement_timeout', '0', false)")  # as if PostgreSQL did not run
    began = time.monotonic()
    with pytest.raises(DatabaseError):
        by("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 2
    connection.close_if_unusable_or_obsolete()
    with pytest.raises(OperationalError) as refused:
        ask("SELECT 1")
    assert isinstance(refused.value.__cause__, Away)
    deadlines.database.next_probe = 0
    assert ask("SELECT 1") == 1
    assert not deadlines.database.is_open


def test_a_process_that_was_forked_watches_again() -> None:
    ask("SELECT 1")
    deadlines.deadlines.begin_anew()
    ask("SELECT set_config('statement_timeout', '0', false)")
    with pytest.raises(DatabaseError):
        ask("SELECT pg_sleep(5)")


def test_what_has_begun_may_end_while_the_database_counts_as_away() -> None:
    with transaction.atomic():
        ask("SELECT 1")
        deadlines.database.failed()
        assert ask("SELECT 2") == 2
    assert not deadlines.database.is_open, "an answer is an answer"


def test_an_error_with_a_code_is_an_answer_and_one_without_is_none() -> None:
    deadlines.database.failed()
    deadlines.note(psycopg.errors.UniqueViolation())
    assert not deadlines.database.is_open
    deadlines.note(psycopg.OperationalError())
    assert not deadlines.database.is_open, "of a connection alone"


def test_a_statement_that_found_a_lock_is_not_run_again_by_everyone() -> None:
    statement = "SELECT count(*) FROM applications_accesstoken"
    fetch(statement, [])
    with psycopg.connect(**_plainly()) as locker:
        locker.execute("LOCK TABLE applications_accesstoken IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError, match="lock timeout"):
            fetch(statement, [])
        began = time.monotonic()
        with pytest.raises(OperationalError) as refused:
            fetch(statement, [])
        assert isinstance(refused.value.__cause__, Away)
        assert time.monotonic() - began < 0.15
        assert fetch("SELECT count(*) FROM applications_account", []) == [(0,)]
    running._stalled[statement].next_probe = 0
    assert fetch(statement, []) == fetch(statement, []) == [(0,)]
    assert not running._stalled


def test_a_connection_that_cannot_be_made_opens_the_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "there_is_none_of_this_name")
        with pytest.raises(OperationalError, match="does not exist"):
            ask("SELECT 1")
        with pytest.raises(OperationalError, match="does not answer"):
            ask("SELECT 1")
    deadlines.database.next_probe = 0
    assert ask("SELECT 1") == 1


def _plainly() -> dict[str, Any]:
    return {
        name: value
        for name, value in parameters().items()
        if name in ("dbname", "user", "password", "host", "port")
    }
