"""Copies of the database, and the command that ends what a restore brings back."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from applications.models import AccessToken
from tests.factories import make_account, make_application, make_token
from tests.servers import Manager

PASSWORD = "a long and dull password"


def printed(*arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    facts: dict[str, object] = json.loads(out.getvalue())
    return facts


def test_revoke_before_says_how_many(db: None) -> None:
    make_token(make_application(make_account())[0])
    AccessToken.objects.update(issued_at=now() - timedelta(days=2))
    facts = printed("revoke_before", (now() - timedelta(days=1)).isoformat())
    assert (facts["tokens"], facts["secrets"], facts["keys"]) == (1, 0, 0)
    assert printed("revoke_before", "2026-01-01T00:00:00Z", "--secrets", "--keys")["keys"] == 0


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "2999-01-01T00:00:00Z"]
)
def test_a_time_that_cannot_be_meant_is_refused(text: str, db: None) -> None:
    with pytest.raises(CommandError):
        call_command("revoke_before", text)


# --- SQLite -------------------------------------------------------------------------------------

on_sqlite = pytest.mark.skipif(settings.POSTGRESQL, reason="the run on SQLite has it")


@pytest.fixture
def files(tmp_path: Path) -> Manager:
    """Commands on a database in a file, which nobody serves."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'latchkey.sqlite3'}",
        "ENV_FILE": os.devnull,
    }
    environment |= {"SECRET_KEY": "0123456789abcdef" * 2, "LATCHKEY_OWNER_PASSWORD": PASSWORD}
    return Manager(
        environment | {"DJANGO_SETTINGS_MODULE": "tests.served_settings", "VAR_DIR": str(tmp_path)}
    )


@on_sqlite
def test_a_copy_of_sqlite_is_whole_while_others_write(
    files: Manager, tmp_path: Path, write_tables: Callable[[Path], None]
) -> None:
    write_tables(tmp_path / "latchkey.sqlite3")
    files.run("create_account", "Demo", "--owner", "owner@demo.example")
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(tmp_path / "latchkey.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE applications_account SET name = 'Half'")
        facts = json.loads(files.run("backup", str(copy), "--json"))
        writer.execute("ROLLBACK")
    assert facts["bytes"] == copy.stat().st_size
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as reader:
        assert reader.execute("SELECT name FROM applications_account").fetchall() == [("Demo",)]
    with pytest.raises(AssertionError, match="is there already"):
        files.run("backup", str(copy))
    with pytest.raises(AssertionError, match="nowhere"):
        files.run("backup", str(tmp_path / "nowhere" / "copy"))
    files.stop()


# --- PostgreSQL: what its own tools bring back is in test_restores.py -----------------------------


@pytest.mark.postgres
def test_postgresql_has_its_own_way(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup", str(tmp_path / "copy"))
