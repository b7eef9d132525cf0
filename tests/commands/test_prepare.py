"""`prepare`: many at once on an empty database, beside readers that take long, and never behind a newer version."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.timezone import now
from pytest_django import Settings

from applications.management import migrating
from applications.management.commands import prepare
from applications.management.migrating import LOCK, bring_up_to_date
from applications.models import Account, User
from applications.rules.exit_codes import ExitCode
from tests.factories import make_account
from tests.servers import ROOT, database_of_its_own

BEFORE = "0019_webhook_secrets"  # the next one makes tables that refer to those of accounts and applications


@pytest.fixture
def files(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Files are written to a folder of their own, and none are collected."""
    settings.VAR_DIR = tmp_path / "data"
    with patch.object(prepare, "_collect_static_files"):
        yield settings.VAR_DIR


def prepared(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("prepare", *arguments)
    return capsys.readouterr().out


@pytest.mark.usefixtures("db", "files")
class TestTheDemoAccount:
    def test_a_fresh_file_of_this_machine_gets_one(self, settings: Settings, capsys: Any) -> None:
        settings.OWN_SQLITE = True
        assert "owner@demo.example" in prepared("--demo=fresh", capsys=capsys)
        assert Account.objects.get().name == "Demo"
        assert "owner@demo.example" in prepared("--demo=fresh", capsys=capsys)
        assert Account.objects.count() == 1

    @pytest.mark.parametrize("own", [True, False])
    def test_nothing_is_made_beside_accounts_of_others(
        self, own: bool, settings: Settings, capsys: Any
    ) -> None:
        settings.OWN_SQLITE = own
        make_account("Real")
        assert "Password" not in prepared("--demo=fresh", capsys=capsys)
        assert [account.name for account in Account.objects.all()] == ["Real"]

    def test_a_file_whose_accounts_are_gone_is_not_fresh(self, settings: Settings, capsys: Any) -> None:
        settings.OWN_SQLITE = True
        User.objects.create_user("a@b.example", "a long and dull password")
        assert "create_account NAME" in prepared("--demo=fresh", capsys=capsys)
        assert not Account.objects.exists()
        assert "owner@demo.example" in prepared("--demo", capsys=capsys)

    def test_a_database_url_never_gets_one(self, settings: Settings, capsys: Any) -> None:
        settings.OWN_SQLITE = False
        assert "create_account NAME" in prepared("--demo=fresh", capsys=capsys)
        with pytest.raises(CommandError, match="no demo account where DATABASE_URL is set") as ended:
            prepared("--demo", capsys=capsys)
        assert ended.value.returncode == ExitCode.SETTINGS
        assert not Account.objects.exists()


@pytest.mark.owner
def test_a_database_of_a_newer_version_is_left_alone(db: None, settings: Settings) -> None:
    MigrationRecorder(connection).record_applied("applications", "9999_of_the_future")
    with pytest.raises(CommandError, match=r"newer version.*9999_of_the_future") as ended:
        bring_up_to_date()
    assert ended.value.returncode == ExitCode.DATA
    settings.DATABASE_MAY_BE_NEWER = True
    bring_up_to_date()


@pytest.mark.postgres
@pytest.mark.parametrize(("off", "ends"), [(-3600, True), (3600, True), (60, False)])
def test_a_clock_that_is_off(off: int, ends: bool, db: None) -> None:
    with time_machine.travel(now() + timedelta(seconds=off)):
        if not ends:
            bring_up_to_date()
            return
        with pytest.raises(CommandError, match="s apart") as ended:
            bring_up_to_date()
    assert ended.value.returncode == ExitCode.TEMPORARY


@pytest.mark.postgres
def test_another_node_that_migrates_is_waited_for(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "WAIT_SECONDS", 0.3)
    monkeypatch.setattr(migrating, "LOOK_SECONDS", 0.05)
    with other_connection() as other:
        # A connection of the test before may still be about to end, and its lock with it.
        other.execute("SET lock_timeout = '5s'")
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(CommandError, match="Another node") as ended:
            bring_up_to_date()
        assert ended.value.returncode == ExitCode.TEMPORARY
        other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        bring_up_to_date()
        # It is given back; by a connection that is closed, which takes PostgreSQL a moment to see.
        other.execute("SET lock_timeout = '10s'")
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK])


@pytest.mark.postgres
def test_many_nodes_start_at_once_on_an_empty_database(tmp_path: Path) -> None:
    environment = {**os.environ, "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {"DATABASE_URL": database_of_its_own(tmp_path), "SECRET_KEY": "0123456789abcdef" * 2}
    starts = [
        subprocess.Popen(
            [sys.executable, "manage.py", "prepare"],
            cwd=ROOT,
            env={**environment, "VAR_DIR": str(tmp_path / f"node{number}")},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    assert [(start.communicate()[1], start.returncode) for start in starts] == [("", 0)] * 3


def other_connection() -> psycopg.Connection:
    """A connection of somebody else to the tests' database."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(
        **{name: parameters[name] for name in names if name in parameters}, autocommit=True
    )


@pytest.fixture
def migrated_back(transactional_db: None) -> Iterator[None]:
    """The tables of an earlier version, which a migration is due for."""
    call_command("migrate", "applications", BEFORE, verbosity=0)
    yield
    call_command("migrate", verbosity=0)
    with (
        connection.cursor() as cursor
    ):  # as after every migration: the tables that were made have no rights yet
        cursor.execute((ROOT / "deploy" / "postgresql" / "grants.sql").read_text())


@pytest.mark.postgres
@pytest.mark.owner
def test_a_migration_that_waits_holds_up_nobody_for_long(
    migrated_back: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader has its transaction open for seconds; whoever queues behind the migration is served meanwhile."""
    monkeypatch.setattr(migrating, "LOCK_PAUSE", 0.3)
    released = threading.Event()

    def hold() -> None:
        with other_connection() as holder, holder.transaction():
            holder.execute("SELECT 1 FROM applications_application FOR UPDATE")
            holder.execute("LOCK TABLE applications_application IN ROW EXCLUSIVE MODE")
            held.set()
            released.wait(20)

    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        configured = cursor.fetchone()[0]
    held = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    waits: list[float] = []
    timer = threading.Timer(2.5, released.set)
    timer.start()
    writer = threading.Thread(target=_write_until, args=(released, waits))
    writer.start()
    bring_up_to_date()
    assert released.is_set(), "it did not wait"
    for thread in (holder, writer, timer):
        thread.join()
    assert len(waits) > 3
    assert max(waits) < 2, "those who queue behind it wait no longer than it does"
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == configured


def _write_until(released: threading.Event, waits: list[float]) -> None:
    with other_connection() as writer:
        while not released.is_set():
            began = time.monotonic()
            writer.execute("UPDATE applications_application SET name = name")
            waits.append(time.monotonic() - began)
            time.sleep(0.05)


@pytest.mark.postgres
@pytest.mark.owner
def test_a_lock_that_never_comes_ends_it(migrated_back: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LOCK_PAUSE": 0.05, "LOCK_TRIES": 2, "LOCK_TIMEOUT": "100ms"}.items():
        monkeypatch.setattr(migrating, name, value)
    with other_connection() as holder:
        with holder.transaction():
            holder.execute("LOCK TABLE applications_application IN ROW EXCLUSIVE MODE")
            with pytest.raises(CommandError, match="did not get its lock in 2 tries") as ended:
                bring_up_to_date()
        assert ended.value.returncode == ExitCode.TEMPORARY
