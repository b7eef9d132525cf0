"""What the operator has to mend is one sentence and a code that a supervisor can tell; a defect is a traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.utils import IntegrityError, ProgrammingError

from applications.rules.exit_codes import ExitCode
from config.failures import failure_of
from tests.servers import ROOT, database_of_its_own, free_port

once = pytest.mark.skipif(settings.POSTGRESQL, reason="the run on SQLite has it")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationalError("connection refused\nIs the server running?"), ExitCode.DATABASE),
        (OperationalError("database or disk is full"), ExitCode.STORAGE),
        (OperationalError('could not extend file "base/1": No space left on device'), ExitCode.STORAGE),
        (ProgrammingError('relation "applications_scope" does not exist'), ExitCode.DATA),
        (OSError(errno.ENOSPC, "No space left on device", "/data/static"), ExitCode.STORAGE),
        (PermissionError(errno.EACCES, "Permission denied"), ExitCode.STORAGE),
    ],
)
def test_what_the_operator_has_to_mend(error: Exception, code: ExitCode) -> None:
    failure = failure_of(error)
    assert failure is not None
    assert failure[0] == code
    assert "\n" not in failure[1]


@pytest.mark.parametrize("error", [IntegrityError("duplicate key"), KeyError("x"), ValueError("x")])
def test_a_defect_is_none_of_it(error: Exception) -> None:
    assert failure_of(error) is None


def manage(*arguments: str, limit: str = "unlimited", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator does, whose files may not grow over `limit` (blocks of 512 bytes)."""
    given = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "SECRET_KEY": "0123456789abcdef" * 2}
    given |= {"PYTHONDONTWRITEBYTECODE": "1", **environment}  # or files of other tests would be cut off
    words = [sys.executable, "manage.py", *arguments]
    shell = ["sh", "-c", f'ulimit -f {limit}; exec "$0" "$@"', *words]
    return subprocess.run(shell, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def refused(ended: subprocess.CompletedProcess[str], code: ExitCode, words: str) -> None:
    assert (ended.returncode, len(ended.stderr.splitlines())) == (code, 1), ended.stderr
    assert words in ended.stderr


@once
def test_a_database_that_does_not_answer() -> None:
    url = f"postgres://latchkey:hunter2@127.0.0.1:{free_port()}/latchkey"
    ended = manage("prepare", DATABASE_URL=url)
    refused(ended, ExitCode.DATABASE, "The database does not answer")
    assert "hunter2" not in ended.stderr


@once
def test_a_folder_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(manage("prepare", VAR_DIR=str(tmp_path / "file")), ExitCode.STORAGE, "cannot be written")
    refused(manage("prepare", VAR_DIR=str(tmp_path / "a" / "b")), ExitCode.STORAGE, "cannot be written")


@once
@pytest.mark.parametrize("blocks", ["700"])  # while tables are made
def test_a_disk_that_is_full(blocks: str, tmp_path: Path) -> None:
    ended = manage("prepare", limit=blocks, VAR_DIR=str(tmp_path / "data"))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (ExitCode.STORAGE, 1), ended.stderr
    assert manage("prepare", VAR_DIR=str(tmp_path / "data")).returncode == 0, "it goes on once there is room"


@pytest.mark.postgres
def test_tables_that_are_not_there_and_a_database_that_is_not(tmp_path: Path) -> None:
    empty = database_of_its_own(tmp_path)
    refused(manage("purge", DATABASE_URL=f"{empty}"), ExitCode.DATA, "run `prepare`")
    name = str(connection.settings_dict["NAME"])
    missing = os.environ["DATABASE_URL"].replace("/latchkey", f"/no_{name}", 1)
    refused(manage("prepare", DATABASE_URL=missing), ExitCode.DATABASE, "does not exist")
