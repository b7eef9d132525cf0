"""A drill with each way of docs/backups.md: the database comes back as it was, and what has to be done then."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.deploy.descriptions import DEPLOY
from tests.deploy.gateways import replaced
from tests.postgres import Postgres, on_the_server_of, recovered, server
from tests.servers import OWNER_PASSWORD, Manager

pytestmark = pytest.mark.postgres

SECONDS = 30  # for a file of the log to be kept, and for a copy to recover
LOG = "/srv/latchkey-log"  # the archive, in the files of deploy/
# What the drill does besides commands: `shell -c` runs it in the process of the commands.
ISSUE = """
from ipaddress import ip_address
from applications.operations.tokens import issue_token
print(issue_token(client_id={0!r}, secret={1!r}, scopes=None, address=ip_address("192.0.2.7"), request_id="").value)
"""
IS_LIVE = """
from applications.models import AccessToken
print(AccessToken.objects.live().by_value({0!r}).exists())
"""
DELETE = """
from applications.models import Application
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application
delete_application(application=Application.objects.get(application_id={0!r}), actor=OPERATOR)
"""


class Commands:
    """Management commands on one database."""

    def __init__(self, url: str) -> None:
        environment = {**os.environ, "DATABASE_URL": url, "ENV_FILE": os.devnull}
        environment |= {"LATCHKEY_OWNER_PASSWORD": OWNER_PASSWORD, "SECRET_KEY": "0123456789abcdef" * 2}
        self.manager = Manager({**environment, "DJANGO_SETTINGS_MODULE": "tests.served_settings"})
        self.run = self.manager.run

    def facts(self, *arguments: str) -> dict[str, Any]:
        printed: dict[str, Any] = json.loads(self.run(*arguments, "--json"))
        return printed

    def shell(self, script: str, *values: str) -> str:
        return self.run("shell", "--no-imports", "--command", script.format(*values)).strip()


@contextmanager
def commands_on(url: str) -> Iterator[Commands]:
    commands = Commands(url)
    try:
        yield commands
    finally:
        commands.manager.stop()


@dataclass(frozen=True)
class Drill:
    """What was copied in both ways and, after that, changed: a restore has to undo it."""

    store: Postgres
    folder: Path  # with log, copy and latchkey.dump
    client: tuple[str, str]  # ID and secret; the secret was reset, all tokens revoked
    deleted: tuple[str, str]
    token: str
    issued_since: str


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the user of PostgreSQL may write to."""
    with tempfile.TemporaryDirectory(prefix="latchkey-restores-") as made:
        Path(made).chmod(0o777)
        yield Path(made)


@pytest.fixture(scope="module")
def drill(folder: Path) -> Iterator[Drill]:
    """A database whose log is kept, its copies, and what was done since."""
    archive = folder / "log"
    archive.mkdir()
    archive.chmod(0o777)
    archiving = (DEPLOY / "postgresql" / "archiving.conf").read_text()
    with (
        server(settings=replaced(archiving, {LOG: str(archive)}), migrated=True) as store,
        commands_on(store.url) as commands,
    ):
        commands.run("migrate", "--verbosity=0")
        commands.run("create_account", "Demo", "--owner", "owner@demo.example")
        _copy_the_server(store, folder / "copy")
        client, deleted = (_make_application(commands, name) for name in ("Kept", "Deleted"))
        token = commands.shell(ISSUE, *client)
        dump = str(folder / "latchkey.dump")
        store.run("pg_dump", "--format", "custom", "--file", dump, store.url)
        commands.run("revoke_tokens", client[0])
        secret = commands.facts("reset_secret", client[0], "--end-older")["application_secret"]
        commands.shell(DELETE, deleted[0])
        since = commands.shell(ISSUE, client[0], secret)
        yield Drill(store, folder, client, deleted, token, since)


def _make_application(commands: Commands, name: str) -> tuple[str, str]:
    options = ("--account", "Demo", "--name", name, "--scopes", "sms")
    made = commands.facts("create_application", *options)
    return made["application_id"], made["application_secret"]


def _copy_the_server(store: Postgres, copy: Path) -> None:
    with psycopg.connect(store.url, autocommit=True) as database:
        database.execute("CREATE ROLE latchkey_copies LOGIN REPLICATION")
    url = store.url.replace("postgres:@", "latchkey_copies:@")
    store.run("pg_basebackup", "--checkpoint", "fast", "--pgdata", str(copy), "--dbname", url, "--no-sync")


def undone(url: str, drill: Drill) -> None:
    """All is as it was before the changes; `revoke_before` ends what must not go on, and the audit log is whole."""
    with commands_on(url) as commands:
        assert commands.shell(IS_LIVE, drill.token) == "True", "a restore brings back what was revoked since"
        assert commands.shell(IS_LIVE, drill.issued_since) == "False"
        back = [commands.shell(ISSUE, *each) for each in (drill.client, drill.deleted)]
        with psycopg.connect(url) as database:
            (moment,) = database.execute("SELECT now()::text").fetchone() or ("",)
        ended = commands.facts("revoke_before", moment, "--secrets")
        assert (ended["tokens"], ended["secrets"]) == (3, 2)
        assert {commands.shell(IS_LIVE, token) for token in (drill.token, *back)} == {"False"}
        with pytest.raises(AssertionError, match="InvalidClient"):
            commands.shell(ISSUE, *drill.client)
        assert "broken: 0" in commands.run("verify_audit")


def test_last_nights_copy(drill: Drill) -> None:
    url = on_the_server_of(drill.store.url, "latchkey_restored")
    drill.store.run("createdb", "--maintenance-db", drill.store.url, "latchkey_restored")
    drill.store.run("pg_restore", "--exit-on-error", "--dbname", url, str(drill.folder / "latchkey.dump"))
    undone(url, drill)


def test_a_moment(drill: Drill) -> None:
    """A copy from before there was an application, and the log: up to the first change that must not be."""
    archive, data = drill.folder / "log", drill.folder / "data"
    (base,) = (path.name for path in archive.glob("*.backup"))
    drill.store.run("pg_archivecleanup", str(archive), base)
    with psycopg.connect(drill.store.url) as database:
        (moment,) = database.execute(FIRST_CHANGE).fetchone() or ("",)
        (last,) = database.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
    wait_for(lambda: (archive / last).exists())
    subprocess.run(["cp", "-a", drill.folder / "copy", data], check=True)
    recovering = (DEPLOY / "postgresql" / "recovering.conf").read_text()
    changes = {LOG: str(archive), "2026-11-26 14:03:27+00": moment}
    (data / "recovering.conf").write_text(replaced(recovering, changes))
    (data / "recovering.conf").chmod(0o644)
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("include = 'recovering.conf'\n")
    (data / "recovery.signal").touch()
    with recovered(data) as url:
        with psycopg.connect(url, autocommit=True) as database:
            wait_for(lambda: database.execute("SELECT pg_is_in_recovery()").fetchone() == (False,))
        assert not (data / "recovery.signal").exists()
        undone(url, drill)


FIRST_CHANGE = "SELECT created_at::text FROM applications_auditevent WHERE action = 'tokens:revoke'"


def wait_for(held: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not held():
        assert time.monotonic() < deadline
        time.sleep(0.05)
