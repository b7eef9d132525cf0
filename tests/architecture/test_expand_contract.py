"""Migrations after the first version expand, then contract: the version before goes on serving (decision 0041)."""

from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import (
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveField,
    RenameField,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, DeleteModel, RenameModel
from django.db.migrations.operations.base import Operation

FIRST_VERSION = 16  # its last migration: what came before ran on no server that others used
BUSY = {"accesstoken", "applicationsecret", "refusal", "dailyusage", "delivery", "deliveryattempt"}
TAKES_AWAY = (RemoveField, RenameField, DeleteModel, RenameModel)
# "0030_name.RemoveField": the version that stopped using it.
CONTRACTED: dict[str, str] = {}
# Of a busy table that is small: a hundred thousand secrets are indexed in less than 0.2 s.
SHORT = {"0018_mails_and_found_credentials.AddIndex"}


def problems(migration: Migration) -> Iterator[str]:
    """What the version before would not survive, or what would hold up requests for long."""
    made_here = {
        operation.name.lower() for operation in migration.operations if isinstance(operation, CreateModel)
    }
    for operation in migration.operations:
        name = f"{migration.name}.{type(operation).__name__}"
        table = str(getattr(operation, "model_name", "")).lower()
        if isinstance(operation, TAKES_AWAY) and name not in CONTRACTED:
            yield f"{name} takes away what the version before uses: a later version does that"
        elif table not in made_here:
            yield from _of_every_table(operation, name)
            yield from _of_busy(operation, name) if table in BUSY else ()


def _of_every_table(operation: Operation, name: str) -> Iterator[str]:
    if isinstance(operation, AddField) and not (operation.field.null or operation.field.has_db_default()):
        yield f"{name} has no value for the version before: null=True or db_default"


def _of_busy(operation: Operation, name: str) -> Iterator[str]:
    concurrently = isinstance(operation, AddIndexConcurrently) or name in SHORT
    if isinstance(operation, AddIndex) and not concurrently:
        yield f"{name} locks a busy table while it is indexed: AddIndexConcurrently"
    if isinstance(operation, AlterField | AddConstraint):
        yield f"{name} reads or rewrites a busy table: add another column, or a constraint that is validated later"


def made(*operations: Operation) -> list[str]:
    given = list(operations)

    class Made(Migration):
        operations = given

    migration = Made("0099_made_up", "applications")
    return list(problems(migration))


INDEX = models.Index(fields=["hint"], name="by_hint")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (RemoveField("account", "name"), "takes away"),
        (RenameField("account", "name", "title"), "takes away"),
        (DeleteModel("Account"), "takes away"),
        (AddIndex("accesstoken", INDEX), "AddIndexConcurrently"),
        (AddField("accesstoken", "note", models.TextField(default="")), "db_default"),
        (AddField("account", "note", models.TextField(default="")), "db_default"),
        (AlterField("accesstoken", "hint", models.CharField(max_length=8)), "rewrites"),
    ],
)
def test_what_is_refused(operation: Operation, words: str) -> None:
    assert [words in problem for problem in made(operation)] == [True]


@pytest.mark.parametrize(
    "operation",
    [
        AddIndexConcurrently("accesstoken", INDEX),
        AddIndex("account", INDEX),
        AddField("accesstoken", "note", models.TextField(null=True)),
        AddField("accesstoken", "note", models.TextField(db_default="")),
        CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
    ],
)
def test_what_is_fine(operation: Operation) -> None:
    assert made(operation) == []


def test_each_migration_since_the_first_version_is_fine(db: None) -> None:
    migrations = MigrationLoader(connection).disk_migrations
    ours = [migration for (app, _name), migration in migrations.items() if app == "applications"]
    assert len(ours) > 20
    later = [migration for migration in ours if int(migration.name[:4]) > FIRST_VERSION]
    assert [problem for migration in later for problem in problems(migration)] == []


KEYS_THAT_HOLD = """
    SELECT conname FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) AND confdeltype NOT IN ('c', 'n')
"""


@pytest.mark.postgres
def test_no_row_of_a_new_table_holds_up_a_deletion_by_the_version_before(db: None) -> None:
    """It knows nothing of the table, so PostgreSQL itself deletes what points to a row that goes."""
    made = {
        f"applications_{operation.name.lower()}"
        for (app, name), migration in MigrationLoader(connection).disk_migrations.items()
        if app == "applications" and int(name[:4]) > FIRST_VERSION
        for operation in migration.operations
        if isinstance(operation, CreateModel)
    }
    assert len(made) > 10
    with connection.cursor() as cursor:
        cursor.execute(KEYS_THAT_HOLD, [sorted(made)])
        assert cursor.fetchall() == []
