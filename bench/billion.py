"""The arithmetic of docs/scale.md: 1,000,000,000 tokens and ten nodes. `python -m bench.billion [--measure]`"""

import argparse
import os
import signal
from dataclasses import dataclass
from importlib import import_module

import django
from django.core.management import call_command

from bench.report import table
from tests.postgres import postgres

DAY, YEAR = 86_400, 365  # seconds, days
GIB = 2**30
FREEZE_AGE = (
    200_000_000  # transactions, after which PostgreSQL reads a table whole: autovacuum_freeze_max_age
)
LAST_TRANSACTION = 2**31  # after so many that were not frozen, it takes no more

# Measured by --measure (bench/partitions.py), in bytes.
IN_TABLE, IN_INDEXES, LOGGED, LOGGED_WITH_PAGES = 139, 109, 450, 7_670
# Measured by `./run bench`: processor time of the server a request, in ms, and of PostgreSQL.
ISSUE_MS, CHECK_MS, STORE_MS = 0.38, 0.29, 0.15
BUSY = 0.5  # of a machine's processors at most, at the peak
PEAK = 3  # times the day's mean
# Measured by `python -m bench.scale --ten-million`: 176 s for 10,000,000 keys.
PURGE_KEYS_A_SECOND = 10_000_000 / 176


@dataclass(frozen=True)
class Plan:
    """What is served: so many live tokens, that live so many days and are checked so often a day."""

    name: str
    tokens: int
    days: float
    checks: int  # of each token a day
    nodes: int = 10
    cores: int = 16  # of a node
    workers: int = 16  # of a node
    group: int = 16  # tokens that are stored in one transaction at the peak, where grouping is on

    @property
    def issues(self) -> float:
        """Tokens issued a second, on the mean of a day."""
        return self.tokens / self.days / DAY

    @property
    def checked(self) -> float:
        """Checks a second, on the mean of a day."""
        return self.tokens * self.checks / DAY

    @property
    def stored(self) -> int:
        """Rows before the purge of a night: the live tokens, and those that ended in the day before it."""
        return round(self.tokens * (1 + 1 / self.days))

    @property
    def node_cores(self) -> float:
        """Cores that the servers need at the peak, over all nodes."""
        return PEAK * (self.issues * ISSUE_MS + self.checked * CHECK_MS) / 1000 / BUSY

    @property
    def store_cores(self) -> float:
        """Cores that PostgreSQL needs at the peak."""
        return PEAK * (self.issues + self.checked) * STORE_MS / 1000 / BUSY

    @property
    def connections(self) -> int:
        """Connections that the nodes hold: four threads a worker, and one for its figures."""
        return self.nodes * self.workers * 5

    def lines(self) -> list[str]:
        """Return the column of this plan, in the order of LINES."""
        return [
            f"{self.issues:,.0f}",
            f"{self.checked:,.0f}",
            f"{self.stored * IN_TABLE / GIB:,.0f} GiB",
            f"{self.stored * IN_INDEXES / GIB:,.0f} GiB",
            f"{self.issues * LOGGED * DAY / GIB:,.0f} to {self.issues * LOGGED_WITH_PAGES * DAY / GIB:,.0f} GiB",
            f"{self.node_cores:,.0f} of {self.nodes * self.cores}",
            f"{self.store_cores:,.0f}",
            f"{self.connections:,}",
            f"{FREEZE_AGE / self.issues / 3600:,.0f} h; {FREEZE_AGE * self.group / self.issues / 3600:,.0f} h",
            f"{LAST_TRANSACTION / self.issues / DAY:,.1f} days",
            f"{self.stored / PURGE_KEYS_A_SECOND / 3600:,.1f} h",
        ]


LINES = [
    "issued a second (mean)",
    "checked a second (mean)",
    "table",
    "its indexes",
    "write-ahead log a day",
    "cores of the nodes at the peak",
    "cores of PostgreSQL at the peak",
    "connections of the nodes",
    "between two freezes; in groups",
    "to the last transaction, unfrozen",
    "one purge that walks all keys",
]
PLANS = [
    Plan("10 million, a day", 10_000_000, days=1, checks=10, nodes=2),
    Plan("1 billion, never ending", 1_000_000_000, days=5 * YEAR, checks=2),
    Plan("1 billion, a week", 1_000_000_000, days=7, checks=2),
    Plan("1 billion, a day", 1_000_000_000, days=1, checks=2),
]


def lines() -> str:
    """Return the table that docs/scale.md has."""
    columns = [plan.lines() for plan in PLANS]
    rows = [[line, *(column[number] for column in columns)] for number, line in enumerate(LINES)]
    return table([["", *(plan.name for plan in PLANS)], *rows])


def main() -> None:
    """Print the table; with --measure, measure first what it is made from."""
    parser = argparse.ArgumentParser(prog="python -m bench.billion", description=__doc__)
    parser.add_argument(
        "--measure", action="store_true", help="measure on a PostgreSQL of its own (two minutes)"
    )
    if parser.parse_args().measure:
        _measure()
    print(lines())


def _measure() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, the server is ended
    with postgres(durable=True) as url:
        os.environ.update(
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="config.settings",
            ENV_FILE=os.devnull,
            LOG_LEVEL="WARNING",
            SECRET_KEY="of-the-bench-and-of-nothing-else",
            USAGE_FLUSH_SECONDS="0",
        )
        django.setup()
        call_command("migrate", verbosity=0)
        # Models can be imported only now.
        import_module("bench.partitions").measure()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
