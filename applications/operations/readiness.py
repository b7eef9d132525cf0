"""Whether this server can do its work: its database, its tables, its cache."""

import logging
from collections.abc import Callable
from functools import cache

from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from applications.models.rates import count_request
from applications.operations.rates import ask_cache
from applications.waits.deadlines import Away

logger = logging.getLogger(__name__)

WELL = "ok"
PROBE = "health"  # the client whose row is written, and taken back


def readiness() -> dict[str, str]:
    """Return what was looked at, each with "ok" or what is wrong with it; no text of an error, which may hold secrets.

    Where the database does not answer, the migrations are not known.
    """
    found = {"database": _database()}
    if found["database"] == WELL:
        found["migrations"] = _told(_migrations, "The table of migrations cannot be read.")
    return {**found, "cache": _cache()}


def _told(look: Callable[[], str], otherwise: str) -> str:
    try:
        return look()
    except Error as error:
        if not isinstance(error.__cause__, Away):  # whoever found that out first has logged it
            logger.warning("not ready: %s", otherwise, exc_info=error)
        return otherwise


def _database() -> str:
    read = _told(_ask, "The database does not answer.")
    return _told(_write, "The database answers, but cannot be written.") if read == WELL else read


def _ask() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return WELL


@transaction.atomic
def _write() -> str:
    """Write a row and take it back: a standby, a full disk and a missing right show in nothing else."""
    count_request(PROBE, 0)
    transaction.set_rollback(True)
    return WELL


def _migrations() -> str:
    """Compare what this version has with what was applied. More than it has is well: a newer version has made it."""
    missing = sorted(_known() - set(MigrationRecorder(connection).applied_migrations()))
    return f"Not applied: {', '.join('.'.join(key) for key in missing)}." if missing else WELL


@cache
def _known() -> set[tuple[str, str]]:
    """Return the migrations of this version; read from its files once."""
    return set(MigrationLoader(None).graph.nodes)


def _cache() -> str:
    if isinstance(caches["rates"], DatabaseCache):
        return WELL  # it is the database
    return WELL if ask_cache() else "The cache does not answer."
