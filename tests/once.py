"""Tests that are the same on any database: `./run test` has them once, on SQLite (tests/both_databases.py)."""

import pytest

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
    "tests/rules/",
    "tests/set_up/test_finding_python.py",
    "tests/set_up/test_sbom.py",
)


def runs_once(item: pytest.Item) -> bool:
    """Whether PostgreSQL has nothing to tell; what only PostgreSQL can pass or fail, or is served, it always has."""
    if ON_POSTGRESQL & {mark.name for mark in item.iter_markers()}:
        return False
    if item.nodeid.startswith("tests/panel/"):
        return item.path.stem.removeprefix("test_") not in PAGES_ON_BOTH
    return item.nodeid.startswith(ONCE)
