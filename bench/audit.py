"""The audit log's page and export with few rows and with a million: `python -m bench.audit postgresql|sqlite`."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.core.management import call_command

from bench.own_database import set_up
from tests.postgres import postgres


def main() -> None:
    """Set Django up on a database of its own, and measure there."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("database", choices=["postgresql", "sqlite"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with _database(options.database) as url:
        set_up(url)
        call_command("migrate", verbosity=0)
        # Models can be imported only now.
        import_module("bench.audit_rows").measure(rows=options.rows)


@contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "postgresql":
        with postgres(durable=True) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'audit.sqlite3'}"


if __name__ == "__main__":
    main()
