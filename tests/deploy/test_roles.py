"""deploy/postgresql: the server's role writes the audit log, and can do nothing else to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.config.test_failures import manage
from tests.servers import ROOT, Manager, database_of_its_own

pytestmark = pytest.mark.postgres
REFUSED = [
    "TRUNCATE applications_auditevent",
    "TRUNCATE applications_account CASCADE",
    "UPDATE applications_auditevent SET actor = 'nobody'",
    "DELETE FROM applications_auditevent",
    "DELETE FROM applications_account",
    """INSERT INTO applications_auditevent SELECT * FROM applications_auditevent
    ON CONFLICT (id) DO UPDATE SET actor = 'x'""",
    """INSERT INTO applications_auditevent (account_id, action, actor_kind, actor, application_id, target, details,
    request_id, created_at, previous, digest) SELECT account_id, action, actor_kind, actor, application_id, target,
    details, request_id, created_at, previous, digest FROM applications_auditevent""",
    "ALTER TABLE applications_auditevent DISABLE TRIGGER ALL",
    "ALTER TABLE applications_auditevent DISABLE TRIGGER audit_continues",
    "ALTER TABLE applications_auditevent ADD COLUMN more text",
    "ALTER TABLE applications_auditevent OWNER TO latchkey_app",
    "DROP TRIGGER audit_continues ON applications_auditevent",
    "DROP TABLE applications_auditevent CASCADE",
    """CREATE TRIGGER mine BEFORE INSERT ON applications_auditevent FOR EACH ROW
    EXECUTE FUNCTION applications_audit_is_append_only()""",
    "CREATE RULE mine AS ON INSERT TO applications_auditevent DO INSTEAD NOTHING",
    """CREATE OR REPLACE FUNCTION applications_audit_continues() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NEW; END'""",
    "CREATE TABLE mine (id int)",
    "SET session_replication_role = replica",
    "SET ROLE latchkey_owner",
    "DELETE FROM django_migrations",
]


def url_of(role: str, database: str) -> str:
    """The URL of a database for another role, who needs no password on the tests' server."""
    parts = urlsplit(database)
    return parts._replace(netloc=f"{role}@{parts.hostname or ''}").geturl()


def run(url: str, file: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(Path(ROOT, "deploy", "postgresql", file).read_text())


@contextmanager
def manager(url: str) -> Iterator[Manager]:
    """A process that runs commands as the role of this URL."""
    environment = {**os.environ, "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {"DATABASE_URL": url, "SECRET_KEY": "of-the-tests-and-of-nothing-else"}
    environment |= {"LATCHKEY_OWNER_PASSWORD": "a long and dull password"}
    running = Manager(environment)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database that its owner has migrated, for the server's role."""
    database = database_of_its_own(tmp_path_factory.mktemp("roles"))
    owner = url_of("latchkey_owner", database)
    with manager(owner) as command:
        for _time in range(2):  # as it is run again after the next migration
            run(database, "roles.sql")
            command.run("migrate", "--verbosity=0")
            command.run("createcachetable")
            run(owner, "grants.sql")
    yield url_of("latchkey_app", database)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {urlsplit(database).path[1:]} WITH (FORCE)")


def test_before_the_owner_has_migrated_it_is_told_whose_work_that_is(tmp_path: Path) -> None:
    database = database_of_its_own(tmp_path)
    run(database, "roles.sql")
    given = {"DATABASE_URL": url_of("latchkey_app", database), "VAR_DIR": str(tmp_path / "data")}
    ended = manage("prepare", **given)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (78, 1), ended.stderr
    assert "tables are their owner's" in ended.stderr


@pytest.fixture(scope="module")
def command(app: str) -> Iterator[Manager]:
    """What runs commands as the server's role."""
    with manager(app) as running:
        yield running


def test_the_servers_role_writes_the_log_and_can_do_nothing_else_to_it(app: str, command: Manager) -> None:
    command.run("create_account", "Demo", "--owner", "owner@demo.example")
    named = ("--account", "Demo", "--name", "X", "--scopes", "sms", "--lifetime", "1 day")
    command.run("create_application", *named)
    assert "rows: 2" in command.run("verify_audit")
    with psycopg.connect(app, autocommit=True) as connection:
        connection.execute(
            "GRANT UPDATE ON applications_auditevent TO latchkey_app"
        )  # a warning, and no right
        for statement in REFUSED:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)):
                connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM applications_auditevent").fetchone() == (2,)
    assert "broken: 0" in command.run("verify_audit")
