"""Which errors are the operator's to mend: those end a command with one sentence instead of a traceback."""

from django.db import OperationalError
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.utils import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from applications.rules.exit_codes import ExitCode

# What PostgreSQL and SQLite say of a full disk.
FULL = ("No space left on device", "could not extend file", "disk is full", "disk I/O error")


def failure_of(error: BaseException) -> tuple[ExitCode, str] | None:
    """Return how to end after `error`, where that is the operator's to mend and no defect of the product."""
    first_line = str(error).strip().partition("\n")[0]
    if isinstance(error, OSError):
        return ExitCode.STORAGE, f"{error.filename or 'A file'} cannot be written or read: {error.strerror}."
    if isinstance(error, MigrationSchemaMissing) and error.__context__ is not None:
        return failure_of(error.__context__)  # why Django could not make its table of migrations
    if isinstance(error, OperationalError):
        is_full = any(words in first_line for words in FULL)
        code, what = (ExitCode.STORAGE, "has no room") if is_full else (ExitCode.DATABASE, "does not answer")
        return code, f"The database {what}: {first_line}"
    if isinstance(error.__cause__, InsufficientPrivilege):
        return (
            ExitCode.SETTINGS,
            f"The role in DATABASE_URL may not do this; tables are their owner's: {first_line}",
        )
    if isinstance(error, ProgrammingError):
        return ExitCode.DATA, f"The database is not as this version left it; run `prepare`: {first_line}"
    return None
