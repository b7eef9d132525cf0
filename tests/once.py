"""Tests that are the same on any database: `./run test` has them once, on SQLite (tests/both_databases.py)."""

from functools import cache
from pathlib import Path

import pytest

from tests.servers import ROOT

NOT_ONCE = "not once"  # what the run on PostgreSQL asks for
ON_POSTGRESQL = {"browser", "postgres", "served"}
# Pages that search, filter, sort or count: what they ask may mean something else on another database. The other
# pages' tests are about forms and words; what they write is tested on both in tests/operations. On PostgreSQL the
# browser walks through them, and tests/panel/test_fuzz.py asks every address.
PAGES_ON_BOTH = {
    "activity",
    "applications",
    "audit_check",
    "audit_log",
    "deliveries",
    "key_safety",
    "overview",
    "page_costs",
    "search",
    "tokens",
    "unused_scopes",
}
ONCE = (
    "tests/admin/test_look_ups.py",
    "tests/api/test_no_widening.py",
    "tests/architecture/test_access.py",
    "tests/architecture/test_arrows.py",
    "tests/architecture/test_assets.py",
    "tests/architecture/test_bundles.py",
    "tests/architecture/test_documents.py",
    "tests/architecture/test_operations.py",
    "tests/bench/",
    "tests/delivery/",
    "tests/deploy/test_kubernetes.py",
    "tests/deploy/test_systemd.py",
    "tests/deploy/test_watching.py",
    "tests/forms/",
    "tests/front/test_connections.py",
    "tests/front/test_exchanges.py",
    "tests/front/test_parsing.py",
    "tests/front/test_reading.py",
    "tests/rules/",
    "tests/set_up/test_finding_python.py",
    "tests/set_up/test_sbom.py",
)


def runs_once(item: pytest.Item) -> bool:
    """Whether PostgreSQL has nothing to tell; what only PostgreSQL can pass or fail, or is served, it always has."""
    if ON_POSTGRESQL & {mark.name for mark in item.iter_markers()}:
        return False
    return _is_the_same(item.path)


@cache
def is_left_out(path: Path) -> bool:
    """Whether all tests of a file run once, as far as its text says: then PostgreSQL need not even load it."""
    return _is_the_same(path) and not any(mark in path.read_text() for mark in ON_POSTGRESQL)


def _is_the_same(path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    if place.startswith("tests/panel/test_"):
        return path.stem.removeprefix("test_") not in PAGES_ON_BOTH
    return place.startswith(ONCE)
