"""What every test may ask for."""

import gc
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.template import Context, Template
from django.test import client
from django.test.signals import template_rendered
from django.utils.safestring import SafeString
from pytest_django import DjangoDbBlocker

from applications.oauth.metadata import scope_names
from applications.operations import usage
from config.logging import OncePerMinute
from tests.cast import Cast, make_cast
from tests.entry import ServedHandler
from tests.once import NOT_ONCE, is_left_out, runs_once
from tests.servers import ROOT, Served
from tests.shared import Make, makers, seed_scopes, shared
from tests.sqlite import Tables

# A slow machine is no fault of what is tested; speed is measured by bench/.
hypothesis.settings.register_profile("without a deadline", deadline=None)
hypothesis.settings.load_profile("without a deadline")

# Tests that take seconds, most of which they wait, for other processes and for limits of time.
LONG = (
    "tests/reliability/",
    "tests/set_up/",
    "tests/deploy/",
    "tests/commands/test_prepare.py",
    "tests/commands/test_restores.py",
    "tests/config/test_failures.py",
    "tests/config/test_serving.py",
    "tests/bench/test_load.py",
    "tests/delivery/test_processes.py",
    "tests/front/",
)

# Roles are of the whole server, and several processes of tests make them at once.
ROLES = """
DO $$ BEGIN CREATE ROLE latchkey_owner LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE latchkey_app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
"""

# Until all tests are collected, what is made stays.
gc.disable()

# Every test client, whoever makes it, enters as a request to the served product does.
client.ClientHandler = ServedHandler  # type: ignore[misc]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not load files of which nothing is wanted: each process would take most of a second for them."""
    unwanted = config.getoption("markexpr") == NOT_ONCE and collection_path.name.startswith("test_")
    return True if unwanted and collection_path.is_file() and is_left_out(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what talks to `served`, and what one database is enough for.

    What only PostgreSQL can pass or fail is skipped elsewhere, with the reason in the report.
    """
    for item in items:
        if {"served", "front"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.served)
        if item.get_closest_marker("postgres") and not settings.POSTGRESQL:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: ./run test --postgresql FILE"))
        if runs_once(item):
            item.add_marker(pytest.mark.once)
        elif is_left_out(item.path):
            raise pytest.UsageError(
                f"{item.nodeid} needs PostgreSQL, and nothing in the text of its file says so."
            )
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Let the first process begin with the long tests, and the last end with the browser.

    The others compute meanwhile, and then take from the end of what the last one still has.
    """
    if item.nodeid.startswith("tests/browser/"):
        return len(LONG) + 1
    return next((turn for turn, place in enumerate(LONG) if item.nodeid.startswith(place)), len(LONG))


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays for the whole run: half a million objects.

    It also comes more seldom than by default. Both take an eighth off the processor time of the panel's tests.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def whole_templates_are_noted(django_test_environment: None) -> None:
    """Let Django note what a view rendered, for `response.context`, and not each part that it includes.

    It copies the context each time, for the thirty parts of a page: a tenth of the processor time of a page's test.
    """

    def render(self: Template, context: Context) -> SafeString:
        if context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product served by real processes on a free port, with a database of its own."""
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.stop()


def _deletions(_style: object, tables: Iterable[str], **_options: object) -> list[str]:
    """Empty tables that hold a few rows, and run no trigger: the audit log lets nobody delete.

    Django's TRUNCATE has the server make every file of every table and index anew: a quarter of a second a test.
    """
    return [
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables),
    ]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> Tables | None:
    """What the first process of several on SQLite migrates for all of them. It comes before pytest-django migrates."""
    if settings.POSTGRESQL or "PYTEST_XDIST_WORKER" not in os.environ:
        return None
    # The folder around that of this process: of the whole run, and of no other.
    tables = Tables(tmp_path_factory.getbasetemp().parent / "migrated.sqlite3")
    tables.begin()
    return tables


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_modify_db_settings: Tables | None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Make the roles on PostgreSQL, and let tests with real transactions end fast."""
    if django_db_modify_db_settings:
        django_db_modify_db_settings.end()
    if settings.POSTGRESQL:
        connection.ops.sql_flush = _deletions  # type: ignore[method-assign, assignment]
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(ROLES)
            for file in ("roles.sql", "grants.sql"):
                cursor.execute((ROOT / "deploy" / "postgresql" / file).read_text())
    shared.blocker = django_db_blocker
    yield
    shared.end()


@pytest.fixture
def write_tables(transactional_db: None) -> Callable[[Path], None]:
    """What writes a file of SQLite with all tables and nobody's data: the tests' own database, migrated already."""

    def write(file: Path) -> None:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with closing(sqlite3.connect(file)) as copy:
            connection.connection.backup(copy)
        file.chmod(0o600)

    return write


@pytest.fixture(autouse=True)
def servers_role(request: pytest.FixtureRequest, seeded: None) -> Iterator[None]:
    """Let every test on PostgreSQL run as the server does in production: without a right to change tables.

    A test marked `owner` makes tables, or turns off what guards them, as the owner of the tables may.
    """
    marks = {mark.name for mark in request.node.iter_markers()}
    has_database = {"db", "transactional_db", "django_db"} & {*request.fixturenames, *marks}
    if not settings.POSTGRESQL or not has_database or "owner" in marks:
        yield
        return
    connection_created.connect(_take_role)
    _take_role(connection)
    yield
    connection_created.disconnect(_take_role)
    if (
        not connection.needs_rollback
        and connection.connection is not None
        and not connection.connection.closed
    ):
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


def _take_role(connection: BaseDatabaseWrapper, **_signal: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE latchkey_app")


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Empty the counts in memory, so that no test sees those of another."""
    yield
    usage.recorder.take()
    usage.recorder.failed_sign_ins.forget()
    scope_names.forget()


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> None:
    """Give every test with a database the scopes that a migration seeds, and what it shares with others."""
    marker = request.node.get_closest_marker("django_db")
    names = {"db", "transactional_db"} & set(request.fixturenames)
    if marker is None and not names:
        return
    if make := _shared_by(request.node):
        request.getfixturevalue("django_db_setup")
        shared.begin(make)
    real = "transactional_db" in names or (marker is not None and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if real else "db")
    seed_scopes()


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice, Ada, Bob and Charlie, with their accounts and applications."""
    made: Cast = shared.copy(make_cast)
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take away what earlier tests shared, and this one does not."""
    if shared.make is not _shared_by(item):
        shared.end()


def _shared_by(item: pytest.Item) -> Make | None:
    """Return what makes the thing that a test shares; one that asks for its database by a mark has its own."""
    names = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("django_db") or "transactional_db" in names:
        return None
    return next((make for name, make in makers.items() if name in names), None)


@pytest.fixture
def new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was logged yet in this minute of what is logged once a minute; which the test lies wholly in."""
    monkeypatch.setattr(OncePerMinute, "clock", staticmethod(lambda: 1e9))
    for name in ("django.security.DisallowedHost", "applications.oauth.verify"):
        for once in logging.getLogger(name).filters:
            monkeypatch.setattr(once, "minute", 0)
