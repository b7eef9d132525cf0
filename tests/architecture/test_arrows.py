"""The house: which floor may import which, and that only operations write (docs/architecture.md)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EDGES = {"oauth", "api", "panel", "delivery", "admin"}
BELOW_EDGES = {"waits", "forms", "authentication", "descriptions", "operations", "models", "rules", "errors"}
MAY_IMPORT = {
    "rules": {"errors"},
    "waits": set(),
    "models": {"waits", "rules", "errors"},
    "operations": {"models", "waits", "rules", "errors"},
    "authentication": {"operations", "models", "rules", "errors"},
    "descriptions": {"models", "rules", "errors"},
    "forms": {"models", "rules", "errors"},
    "management": {"delivery", "forms", "operations", "models", "waits", "rules", "errors"},
    "templatetags": {"models", "rules", "errors"},
    "migrations": {"models", "rules"},
    "apps": {"authentication", "models"},
    "context_processors": {"authentication"},
    "errors": set(),
    "observed": set(),
    **dict.fromkeys(EDGES, BELOW_EDGES),
}
# What a queryset, a manager or a row is told to write.
WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}


def sources(folder: str = "applications") -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def floor_of(path: Path) -> str:
    first = path.relative_to(ROOT / "applications").parts[0]
    return first.removesuffix(".py")


@cache
def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def importing(barred: tuple[str, ...], folder: str) -> list[str]:
    """Which file of the folder imports which of these names, or what is in them."""
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(folder)
        for name in imports(path)
        if f"{name}.".startswith(tuple(f"{module}." for module in barred))
    ]


def reached_above(path: Path) -> set[str]:
    """The floors that a file imports though its own may not."""
    floor = floor_of(path)
    # Any floor may add to what operators measure, which imports none of them.
    anywhere = {"observed"} if floor != "rules" else set()
    reached = {name.split(".")[1] for name in imports(path) if name.startswith("applications.")}
    return reached - anywhere - MAY_IMPORT[floor] - {floor}


def test_a_floor_imports_only_what_is_below_it() -> None:
    files = [path for path in sources() if floor_of(path) != "__init__"]
    assert {str(path.relative_to(ROOT)): above for path in files if (above := reached_above(path))} == {}


def test_nothing_but_config_imports_config() -> None:
    assert importing(("config",), "applications") == []


@pytest.mark.parametrize("folder", ["applications", "config"])
def test_nothing_imports_what_a_library_keeps_to_itself(folder: str) -> None:
    """allauth's `internal` modules change without notice."""
    private = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(folder)
        for name in imports(path)
        if name.startswith("allauth.") and "internal" in name.split(".")
    ]
    assert private == []


def test_rules_know_no_database_and_no_http() -> None:
    barred = ("django.db", "django.http", "django.conf", "django.forms", "django.contrib")
    assert importing(barred, "applications/rules") == []


def test_operations_know_no_http() -> None:
    barred = ("django.http", "django.forms", "django.contrib.messages", "django.shortcuts", "django.urls")
    assert importing(barred, "applications/operations") == []


def writes(path: Path) -> Iterator[str]:
    """Calls that write: a method of that name on something of the ORM, or a queryset's update(field=…)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, where = node.func.attr, ast.unparse(node.func.value)
            orm = "objects" in where or "filter(" in where or name == "save"
            if (name in WRITES and orm) or (name == "update" and node.keywords and orm):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {where}.{name}"


def test_only_operations_write() -> None:
    outside = [
        found
        for path in sources()
        if floor_of(path) not in ("operations", "migrations", "models")
        for found in writes(path)
    ]
    assert outside == []


def test_the_check_for_writes_sees_them() -> None:
    found = [call.rsplit(".", 1)[1] for call in writes(ROOT / "applications/operations/applications.py")]
    assert {"create", "save"} <= set(found)
