"""Bringing the tables up to date: by one node at a time, beside others that serve."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now
from psycopg.errors import LockNotAvailable

from applications.rules.exit_codes import ExitCode

LOCK = 0x6C617463686B6579  # of the database's advisory locks, that of migrations ("latchkey")
LOCK_TIMEOUT = "1s"  # that a migration waits for a table while requests queue behind it
LOCK_TRIES = 60
LOCK_PAUSE = 2.0  # seconds between two tries, in which the queue behind it is served
WAIT_SECONDS = 600.0  # for another node that migrates
LOOK_SECONDS = 0.5
MOST_APART = 300  # seconds between this machine's clock and the database's


def bring_up_to_date() -> None:
    """Apply the migrations that are due. Raises CommandError where that cannot be done.

    On PostgreSQL one node at a time, however many start at once on an empty database; each migration gives up
    its place in the queue for a table after LOCK_TIMEOUT and tries again (docs/decisions/0041).
    """
    with _alone():
        _check_clock()
        executor = MigrationExecutor(connection)
        _check_not_newer(executor)
        # Asking first is several times as fast as a `migrate` that finds nothing to do.
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _migrate()
        call_command("createcachetable", verbosity=0)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the other nodes off. The lock belongs to a connection of its own, and goes when that or the process ends."""
    if connection.vendor != "postgresql":
        yield
        return
    with closing(connection.copy()) as holder:
        deadline = time.monotonic() + WAIT_SECONDS
        while not _has_lock(holder):
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Another node has been migrating the database for {WAIT_SECONDS:.0f} s.",
                    returncode=ExitCode.TEMPORARY,
                )
            time.sleep(LOOK_SECONDS)
        yield


def _has_lock(holder: BaseDatabaseWrapper) -> bool:
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _migrate() -> None:
    """Each migration is a transaction, so one that did not get its lock has changed nothing and is tried again."""
    if connection.vendor != "postgresql":
        call_command("migrate", verbosity=0, interactive=False)
        return
    for _number in range(LOCK_TRIES):
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            connection.close()
            connection.connect()  # Django leaves a migration's transaction open when its last statements fail
            time.sleep(LOCK_PAUSE)
        else:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            return
    raise CommandError(
        f"A migration did not get its lock in {LOCK_TRIES} tries of {LOCK_TIMEOUT}: a transaction is open for long."
        " pg_stat_activity shows which.",
        returncode=ExitCode.TEMPORARY,
    )


def _check_not_newer(executor: MigrationExecutor) -> None:
    """End where a later version has migrated the database further than this one knows."""
    known = executor.loader.disk_migrations
    newer = sorted(
        name
        for app, name in executor.loader.applied_migrations
        if app == "applications" and (app, name) not in known
    )
    if newer and not settings.DATABASE_MAY_BE_NEWER:
        raise CommandError(
            f"The database is of a newer version: this one does not know its migration {newer[0]}."
            " Start that version, or set DATABASE_MAY_BE_NEWER for the one just before it.",
            returncode=ExitCode.DATA,
        )


def _check_clock() -> None:
    """End where this machine's clock is off: tokens would expire at the wrong time, and codes of phones be refused."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    apart = abs((now() - theirs.astimezone(UTC)).total_seconds())
    if apart > MOST_APART:
        raise CommandError(
            f"The clock of this machine and that of the database are {apart:.0f} s apart."
            " Set both by a time server, then start again.",
            returncode=ExitCode.TEMPORARY,
        )
