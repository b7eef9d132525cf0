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


RECORDERS = {"record", "record_for", "record_changes", "record_of_person", "record_in_accounts"}


@each
def test_an_operation_writes_an_audit_row(path: Path, operation: ast.FunctionDef) -> None:
    if operation.name not in WITHOUT_A_ROW:
        assert calls(path, operation) & {
            "record",
            "record_for",
            "record_changes",
            "record_of_person",
            "record_in_accounts",
        }, f"{operation.name} leaves no row"


@each
def test_an_operation_takes_typed_keywords_alone(path: Path, operation: ast.FunctionDef) -> None:
    assert not operation.args.args, f"{operation.name} of {path.name} takes positional arguments"
    assert all(argument.annotation for argument in operation.args.kwonlyargs)
    assert ast.get_docstring(operation)


@each
def test_an_operation_is_one_transaction(path: Path, operation: ast.FunctionDef) -> None:
    decorated = any("transaction.atomic" in ast.unparse(decorator) for decorator in operation.decorator_list)
    assert decorated or "atomic" in calls(path, operation), f"{operation.name} of {path.name}"


# Text that an operation takes without storing it, or checks as a whole; all other text has a type of rules/.
PLAIN_TEXT = {
    "create_account.owner_password": "stored as a digest alone",
    "add_member.password": "stored as a digest alone",
    "accept_invitation.value": "compared by its digest, not stored",
    "accept_invitation_as_new.value": "compared by its digest, not stored",
    "accept_invitation_as_new.password": "stored as a digest alone",
    "confirm_email_change.value": "compared by its digest, not stored",
    "refuse_email_change.value": "compared by its digest, not stored",
    "reset_resource_server.current": "compared, not stored",
    "update_message_settings.changes": "parsed column by column (rules/message_settings.py)",
    "update_message_settings.fingerprint": "compared, not stored",
    "change_application.settings": "as update_message_settings.changes",
    "change_application.settings_fingerprint": "compared, not stored",
    "record_of_person.details": "made by the server",
    "record_of_person.device": "told in a mail, not stored",
}
LOCKS = {"lock_account", "lock_application", "lock_members", "lock_person", "lock_accounts", "check_operator"}
WITHOUT_A_LOCK = {
    "seed_sample": "made of operations",
    "record_of_person": "signing in is no change of an account",
}


@each
def test_text_that_an_operation_takes_has_a_type(path: Path, operation: ast.FunctionDef) -> None:
    for argument in operation.args.kwonlyargs:
        assert argument.annotation
        names = {node.id for node in ast.walk(argument.annotation) if isinstance(node, ast.Name)}
        if "str" in names or "Any" in names:
            assert f"{operation.name}.{argument.arg}" in PLAIN_TEXT, "let rules/ have a type for it"


@each
def test_an_operation_asks_what_the_actor_may_do_and_locks(path: Path, operation: ast.FunctionDef) -> None:
    if operation.name not in WITHOUT_A_LOCK:
        assert calls(path, operation) & LOCKS, f"{operation.name} asks nobody"
        taken = [ast.unparse(node.func) for node in ast.walk(operation) if isinstance(node, ast.Call)]
        assert len([name for name in taken if name in LOCKS]) <= 1, f"{operation.name} locks twice"


@pytest.mark.parametrize("edge", ["api", "panel", "oauth", "admin", "forms", "authentication", "management"])
def test_edges_open_no_transaction_and_take_no_lock(edge: str) -> None:
    barred = {"atomic", "on_commit", "select_for_update", *LOCKS}
    for path in (ROOT / "applications" / edge).rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        used |= {node.id for node in nodes if isinstance(node, ast.Name)}
        assert not used & barred, path


def test_there_are_operations_to_check() -> None:
    assert len(list(operations())) > 8
