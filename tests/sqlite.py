"""The tables of SQLite, which one process of a run makes and the others copy: to migrate takes each of them seconds."""

import fcntl
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

from django.db import connection


class Tables:
    """The tables in `file`, for the tests' own database, which is in memory."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.held = ExitStack()

    def begin(self) -> None:
        """Before migrating: copy what is there, which leaves nothing to migrate. Others wait until `end`."""
        lock = self.held.enter_context(self.file.with_suffix(".lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        name: str = connection.creation._get_test_db_name()  # type: ignore[attr-defined]
        # Open until the tests' own connection is: what is in memory goes with the last one.
        self.memory = self.held.enter_context(closing(sqlite3.connect(name, uri=True)))
        if self.file.exists():
            with closing(sqlite3.connect(self.file)) as made:
                made.backup(self.memory)

    def end(self) -> None:
        """After migrating: leave the tables to the others, if they are the first."""
        if not self.file.exists():
            with closing(sqlite3.connect(self.file)) as copy:
                self.memory.backup(copy)
        self.held.close()
