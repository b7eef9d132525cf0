"""Copy the SQLite database while it is in use."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from applications.management.base import OperatorCommand
from applications.rules.exit_codes import ExitCode


class Command(OperatorCommand):
    help = (
        "Copy the SQLite database to FILE, as of one moment, while the server runs. PostgreSQL has pg_dump."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="is made; one that is there is left as it is"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        if settings.POSTGRESQL:
            raise CommandError("The database is a PostgreSQL: make copies with pg_dump (docs/backups.md).")
        path: Path = options["file"]
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise CommandError(f"{path} is there already. Name another file.", returncode=1) from None
        try:
            _copy(path)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                path.unlink()  # half a copy is none
            raise CommandError(f"{path} could not be written: {error}", returncode=ExitCode.STORAGE) from None
        return {"file": str(path), "bytes": path.stat().st_size}


def _copy(path: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy is not whole")
