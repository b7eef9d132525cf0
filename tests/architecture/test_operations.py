"""Every operation is one transaction, keyword-only, typed, and writes an audit row."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "applications" / "operations"
# What changes no state that anybody decided about, and why it leaves no row.
WITHOUT_A_ROW = {
    "issue_token": "the token is the record",
    "seed_sample": "made of operations that write theirs",
    "purge_tokens": "takes away what is dead already",
}


def operations() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Public functions that name who acts: the operations."""
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                argument.arg == "actor" for argument in node.args.kwonlyargs
            ):
                yield path, node


each = pytest.mark.parametrize(
    ("path", "operation"),
    [pytest.param(*found, id=f"{found[0].stem}.{found[1].name}") for found in operations()],
)


def calls(path: Path, function: ast.FunctionDef) -> set[str]:
    """Names called by a function, and by the functions of its module that it calls."""
    inside = {
        node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }
    found: set[str] = set()
    waiting = [function]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rsplit(".", 1)[-1]
                if name in inside and name not in found:
                    waiting.append(inside[name])
                found.add(name)
    return found


@each
def test_an_operation_writes_an_audit_row(path: Path, operation: ast.FunctionDef) -> None:
    if operation.name not in WITHOUT_A_ROW:
        assert calls(path, operation) & {"record", "record_for", "record_changes"}, (
            f"{operation.name} leaves no row"
        )


@each
def test_an_operation_takes_typed_keywords_alone(path: Path, operation: ast.FunctionDef) -> None:
    assert not operation.args.args, f"{operation.name} of {path.name} takes positional arguments"
    assert all(argument.annotation for argument in operation.args.kwonlyargs)
    assert ast.get_docstring(operation)


@each
def test_an_operation_is_one_transaction(path: Path, operation: ast.FunctionDef) -> None:
    decorated = any("transaction.atomic" in ast.unparse(decorator) for decorator in operation.decorator_list)
    assert decorated or "atomic" in calls(path, operation), f"{operation.name} of {path.name}"


def test_there_are_operations_to_check() -> None:
    assert len(list(operations())) > 8
