"""What every test may ask for."""

import logging
from collections.abc import Iterator
from importlib import import_module

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import client
from pytest_django import DjangoDbBlocker

from applications.models import Scope
from applications.operations import usage
from config.logging import OncePerMinute
from tests.entry import ServedHandler
from tests.servers import ROOT, Served

# A slow machine is no fault of what is tested; speed is measured by bench/.
hypothesis.settings.register_profile("without a deadline", deadline=None)
hypothesis.settings.load_profile("without a deadline")

# Roles are of the whole server, and several processes of tests make them at once.
ROLES = """
DO $$ BEGIN CREATE ROLE latchkey_owner LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE latchkey_app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
"""

# Every test client, whoever makes it, enters as a request to the served product does.
client.ClientHandler = ServedHandler  # type: ignore[misc]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what talks to `served`; skip, with the reason in the report, what only PostgreSQL can pass or fail."""
    for item in items:
        if {"served", "front"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.served)
        if item.get_closest_marker("postgres") and not settings.POSTGRESQL:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: ./run test --postgresql FILE"))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product served by real processes on a free port, with a database of its own."""
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let tests with real transactions empty all tables, the audit log too, which the product never allows.

    tests/models/test_audit_chain.py turns this trigger on again, to see that it holds.
    """
    if settings.POSTGRESQL:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE applications_auditevent DISABLE TRIGGER audit_is_not_truncated")
            cursor.execute(ROLES)
            for file in ("roles.sql", "grants.sql"):
                cursor.execute((ROOT / "deploy" / "postgresql" / file).read_text())


@pytest.fixture(autouse=True)
def servers_role(request: pytest.FixtureRequest, scopes: None) -> Iterator[None]:
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


@pytest.fixture(autouse=True)
def scopes(request: pytest.FixtureRequest) -> None:
    """Give every test with a database the scopes that a migration seeds.

    A test with real transactions ends by emptying every table, those scopes too.
    """
    marker = request.node.get_closest_marker("django_db")
    names = {"db", "transactional_db"} & set(request.fixturenames)
    if marker is None and not names:
        return
    real = "transactional_db" in names or (marker is not None and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if real else "db")
    if not Scope.objects.exists():
        seed = import_module("applications.migrations.0002_scopes").seed
        seed(apps, None)


@pytest.fixture
def new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was logged yet in this minute of what is logged once a minute; which the test lies wholly in."""
    monkeypatch.setattr(OncePerMinute, "clock", staticmethod(lambda: 1e9))
    for name in ("django.security.DisallowedHost", "applications.oauth.verify"):
        for once in logging.getLogger(name).filters:
            monkeypatch.setattr(once, "minute", 0)
