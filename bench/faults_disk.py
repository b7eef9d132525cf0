"""A disk that is full: that of PostgreSQL, and that of a server with SQLite. Small disks in memory stand for them."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import requests

from bench.faults_stage import Row, Stage, client_of, is_well, seconds_until, serving
from tests.postgres import server
from tests.reliability.test_store import Client

MUST = "503, nothing half-written, recovers by itself"
COUNT = "SELECT count(*) FROM applications_accesstoken"
PIECE = 65536  # bytes by which the disk is filled
MOST_TOKENS = 3000  # until a full disk shows


def full_disks(stage: Stage) -> Iterator[Row]:
    """Fill both disks while tokens are asked for, then give room again."""
    for name, trial, megabytes in (
        ("PostgreSQL", _on_postgresql, 300),
        ("SQLite, `VAR_DIR`", _on_sqlite, 60),
    ):
        what = f"disk full ({name})"
        try:
            with _small_disk(megabytes) as disk:
                yield trial(what, disk, stage.folder / "full")
        except subprocess.CalledProcessError:
            yield Row(what, MUST, "no disk could be mounted here, which takes root", None)


@contextmanager
def _small_disk(megabytes: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="latchkey-disk-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user has to get through
        size = f"size={megabytes}m,mode=0755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def _on_postgresql(what: str, disk: Path, folder: Path) -> Row:
    with (
        _temporary_files_on(disk),
        server(durable=True) as store,
        serving(folder, DATABASE_URL=store.url) as served,
    ):
        return _filled(what, disk, client_of(served), partial(_rows_of_postgresql, store.url))


@contextmanager
def _temporary_files_on(disk: Path) -> Iterator[None]:
    before, tempfile.tempdir = tempfile.tempdir, str(disk)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _on_sqlite(what: str, disk: Path, folder: Path) -> Row:
    given = {"DATABASE_URL": f"sqlite:///{disk}/latchkey.sqlite3", "VAR_DIR": str(disk / "var")}
    with serving(folder, **given) as served:
        return _filled(what, disk, client_of(served), partial(_rows_of_sqlite, disk / "latchkey.sqlite3"))


def _rows_of_postgresql(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(COUNT).fetchone()
        assert row is not None
        return int(row[0])


def _rows_of_sqlite(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(connection.execute(COUNT).fetchone()[0])


def _filled(what: str, disk: Path, client: Client, rows: Callable[[], int]) -> Row:
    """Ask until the full disk shows, give room again, and count what is stored."""
    ballast = disk / "ballast"
    answers = _asked(client, 20)
    _fill(ballast)
    answers += _asked(client, MOST_TOKENS, until_refused=True)
    answers += _asked(client, 20)
    live = requests.get(f"{client.url}/health/live", timeout=20).status_code
    checked = _verified(client, answers[0].json()["access_token"])
    ballast.unlink()
    stored = rows()
    back = seconds_until(partial(is_well, client))
    refused = [answer for answer in answers if answer.status_code != 200]
    tokens = [answer.json()["access_token"] for answer in answers if answer.status_code == 200]
    dead = sum(client.use(token).status_code != 200 for token in tokens)
    others = stored - len(tokens)
    statuses = {answer.status_code for answer in refused}
    told = f"{len(refused)} of {len(answers)} answers {', '.join(map(str, sorted(statuses))) or 'refused'},"
    told += (
        f" `/oauth/verify` {checked}, liveness {live}; {dead} answered tokens lost, {others} others stored;"
    )
    holds = statuses == {503} and not (dead or others) and checked in (200, 503) and live == 200
    return Row(what, MUST, f"{told} back after {back:.1f} s", holds)


def _verified(client: Client, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{client.url}/oauth/verify?scope=account", headers=headers, timeout=20).status_code


def _fill(ballast: Path) -> None:
    """Write until nothing more fits, not even a byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (PIECE, 4096):
            with suppress(OSError):
                while True:
                    file.write(os.urandom(size))


def _asked(client: Client, number: int, *, until_refused: bool = False) -> list[requests.Response]:
    answers = []
    for _number in range(number):
        answers.append(client.ask())
        if until_refused and answers[-1].status_code != 200:
            break
    return answers
