"""The audit log guards itself: what a statement of SQL can do to it, and what a check finds."""

import hashlib
import json
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from applications.models import Account, AuditEvent
from applications.models.audit import Action, ActorKind
from applications.operations.actors import OPERATOR
from applications.operations.audit import chained, record
from applications.operations.audit_checks import check_chains
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from tests.factories import make_account, make_application
from tests.shared import shares

pytestmark = pytest.mark.owner
COLUMNS = (
    "account_id, action, actor_kind, actor, application_id, target, details, request_id, created_at"
    ", previous, digest"
)


def make_chains() -> Account:
    """Return an account with a chain of four rows, stored beside another's and the operator's."""
    account = make_account()
    for name in ("One", "Two", "Three"):
        make_application(account, name=name)
    make_account("Elsewhere", "charlie@elsewhere.example")
    create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    create_resource_server(name=Name("Numbers"), actor=OPERATOR)
    return account


chains = shares("chains", make_chains)


@pytest.fixture
def account(chains: Account) -> Account:
    """The account with a chain of four rows."""
    return chains


def run(statement: str, *parameters: Any) -> None:
    """Run one statement, and undo what it did when it fails."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def sees_no_trigger() -> None:
    """Let SQL change what it likes until the test's transaction is rolled back, as an owner of the table can."""
    if settings.POSTGRESQL:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # else what is deferred forbids the next statement
        run("ALTER TABLE applications_auditevent DISABLE TRIGGER USER")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'")
        for (name,) in cursor.fetchall():
            run(f"DROP TRIGGER {name}")


def chain(account: Account | None) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(account=account).order_by("pk"))


# --- Forging -------------------------------------------------------------------------------------


def copied(row: AuditEvent, *, key: str = "", verb: str = "INSERT INTO", **changed: bytes) -> None:
    """Insert what `row` says once more, with other digests, and another key when one is given."""
    previous, digest = changed.get("previous", bytes(row.previous)), changed.get("digest", bytes(row.digest))
    columns, values = (f"id, {COLUMNS}", f"{key}, ") if key else (COLUMNS, "")
    same = COLUMNS.removesuffix(", previous, digest")
    run(
        f"{verb} applications_auditevent ({columns}) SELECT {values}{same}, %s, %s"
        " FROM applications_auditevent WHERE id = %s",
        previous,
        digest,
        row.pk,
    )


FORGERIES: dict[str, Callable[[list[AuditEvent]], None]] = {
    "another first row": lambda rows: copied(rows[0], digest=b"\1" * 32),
    "a copy of the last": lambda rows: copied(rows[-1]),
    "a fork": lambda rows: copied(rows[-1], previous=bytes(rows[0].digest), digest=b"\1" * 32),
    "no predecessor": lambda rows: copied(rows[-1], previous=bytes(32), digest=b"\1" * 32),
    "an unknown predecessor": lambda rows: copied(rows[-1], previous=b"\2" * 32, digest=b"\1" * 32),
    "a short digest": lambda rows: copied(rows[-1], previous=bytes(rows[-1].digest), digest=b"\1"),
    "a key before the others": lambda rows: copied(
        rows[-1], key="0", previous=bytes(rows[-1].digest), digest=b"\1" * 32
    ),
    "a negative key": lambda rows: copied(
        rows[-1], key="-1", previous=bytes(rows[-1].digest), digest=b"\1" * 32
    ),
    "a taken key": lambda rows: copied(
        rows[-1], key=str(rows[-1].pk), previous=bytes(rows[-1].digest), digest=b"\1" * 32
    ),
    "a change": lambda rows: run("UPDATE applications_auditevent SET actor = 'x' WHERE id = %s", rows[0].pk),
    "another key": lambda rows: run("UPDATE applications_auditevent SET id = 9999 WHERE id = %s", rows[0].pk),
    "a deletion": lambda rows: run("DELETE FROM applications_auditevent WHERE id = %s", rows[-1].pk),
    "all deleted": lambda rows: run("DELETE FROM applications_auditevent"),
}
ON_SQLITE: dict[str, Callable[[list[AuditEvent]], None]] = {
    f"{verb}, {what}": (
        lambda rows, verb=verb, place=place: copied(
            rows[place], key=str(rows[place].pk), verb=verb, digest=b"\1" * 32
        )
    )
    for verb in ("REPLACE INTO", "INSERT OR REPLACE INTO")
    for what, place in (("the first", 0), ("the last", -1))
} | {
    "REPLACE by the predecessor": lambda rows: copied(rows[-1], verb="REPLACE INTO", digest=b"\1" * 32),
    "UPDATE OR REPLACE": lambda rows: run(
        "UPDATE OR REPLACE applications_auditevent SET id = %s WHERE id = %s", rows[0].pk, rows[1].pk
    ),
    "UPDATE OR IGNORE": lambda rows: run("UPDATE OR IGNORE applications_auditevent SET actor = 'x'"),
    "INSERT OR IGNORE": lambda rows: copied(rows[0], verb="INSERT OR IGNORE INTO", digest=b"\1" * 32),
    "an upsert": lambda rows: run(
        f"INSERT INTO applications_auditevent (id, {COLUMNS}) SELECT id, {COLUMNS} FROM applications_auditevent"
        " WHERE true ON CONFLICT DO UPDATE SET actor = 'x'"
    ),
}
ON_POSTGRESQL: dict[str, Callable[[list[AuditEvent]], None]] = {
    "TRUNCATE": lambda rows: run("TRUNCATE applications_auditevent"),
    "TRUNCATE of accounts": lambda rows: run("TRUNCATE applications_account CASCADE"),
    "an upsert": lambda rows: run(
        f"INSERT INTO applications_auditevent (id, {COLUMNS}) SELECT id, {COLUMNS} FROM applications_auditevent"
        " ON CONFLICT (id) DO UPDATE SET actor = 'x'"
    ),
}
HERE = FORGERIES | (ON_POSTGRESQL if settings.POSTGRESQL else ON_SQLITE)


@pytest.mark.parametrize("name", HERE)
def test_a_forging_statement_is_refused(name: str, account: Account) -> None:
    if settings.POSTGRESQL:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # else what is deferred forbids TRUNCATE
    for owner in (account, None):
        before = list(AuditEvent.objects.order_by("pk").values())
        with pytest.raises(IntegrityError, match="audit row"):
            HERE[name](chain(owner))
        assert list(AuditEvent.objects.order_by("pk").values()) == before


def test_a_row_that_continues_its_chain_is_taken(account: Account) -> None:
    for owner in (account, None):
        record(OPERATOR, owner, Action.ACCOUNT_CREATED, target="x")
    assert check_chains().breaks == []


@transaction.atomic
def deleted(account: Account) -> None:
    run("DELETE FROM applications_account WHERE id = %s", account.pk)
    connection.check_constraints()


def test_an_account_with_a_log_cannot_be_deleted(account: Account) -> None:
    with pytest.raises(ProtectedError):
        account.delete()
    if settings.POSTGRESQL:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # else they are looked at when the test's transaction ends
    with pytest.raises(IntegrityError):
        deleted(account)
    assert check_chains().breaks == []


# --- Checking ------------------------------------------------------------------------------------

OTHER: dict[str, Any] = {
    "account": "made in the test",
    "action": "account:nothing",
    "actor_kind": ActorKind.USER,
    "actor": "somebody else",
    "application_id": "0" * 40,
    "target": "another",
    "details": {"another": 1},
    "ip": "203.0.113.9",
    "request_id": "another",
    "created_at": now() - timedelta(days=1),
    "previous": b"\3" * 32,
    "digest": b"\3" * 32,
}


def test_every_column_is_in_the_list_above() -> None:
    assert {field.name for field in AuditEvent._meta.concrete_fields} == {*OTHER, "id"}


@pytest.mark.parametrize("column", OTHER)
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_changed_column_breaks_the_chain(column: str, place: int, account: Account) -> None:
    assert check_chains().breaks == []
    sees_no_trigger()
    row = chain(account)[place]
    value = OTHER[column] if column != "account" else Account.objects.create(name="New")
    AuditEvent.objects.filter(pk=row.pk).update(**{column: value})
    found = check_chains().breaks
    assert found
    assert found[0].row in {row.pk, *(event.pk for event in chain(account))}


def test_rows_that_change_places_break_the_chain(account: Account) -> None:
    sees_no_trigger()
    rows = chain(account)
    AuditEvent.objects.filter(pk=rows[1].pk).update(id=99_999)
    assert [found.row for found in check_chains(account).breaks] == [rows[2].pk]


@pytest.mark.parametrize("place", [0, 1])
def test_a_removed_row_breaks_the_chain(place: int, account: Account) -> None:
    sees_no_trigger()
    rows = chain(account)
    AuditEvent.objects.filter(pk=rows[place].pk).delete()
    assert [found.row for found in check_chains().breaks] == [rows[place + 1].pk]


def test_a_chain_that_is_gone_is_missed(account: Account) -> None:
    sees_no_trigger()
    AuditEvent.objects.filter(account=account).delete()
    [found] = check_chains().breaks
    assert (found.account, found.row) == (account.pk, None)
    assert check_chains(account).breaks == [found]


def verified(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command_names_the_first_broken_row_of_each_chain(account: Account) -> None:
    code, out = verified("--json")
    assert (code, json.loads(out)) == (0, {"rows": AuditEvent.objects.count(), "chains": 3, "breaks": []})
    sees_no_trigger()
    mine, operators = chain(account)[1], chain(None)[0]
    AuditEvent.objects.filter(pk__in=[mine.pk, operators.pk]).update(actor="nobody")
    code, out = verified("--json")
    assert code == 1
    assert {(found["account"], found["row"]) for found in json.loads(out)["breaks"]} == {
        (account.pk, mine.pk),
        (None, operators.pk),
    }
    code, out = verified("--account", account.name)
    assert code == 1
    assert f"account {account.pk} ({account.name}), row {mine.pk}: it is not what was written" in out
    assert "broken: 1" in out
    assert verified("--account", "Elsewhere")[0] == 0
    assert f"the operator's chain, row {operators.pk}" in verified()[1]
    with pytest.raises(CommandError, match="no account named"):
        verified("--account", "Nobody")


def test_memory_does_not_grow_with_the_log(account: Account) -> None:
    def walked(number: int) -> int:
        latest, rows = chain(account)[-1], []
        for _ in range(number):
            row = AuditEvent(account=account, action="x", actor_kind="user", previous=bytes(latest.digest))
            row.digest = chained(row)
            rows.append(row)
            latest = row
        AuditEvent.objects.bulk_create(rows, batch_size=500)
        del rows
        tracemalloc.start()
        try:
            assert check_chains().breaks == []
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    walked(10)  # imports, caches
    few = walked(2_500)
    assert walked(3_500) < 1.5 * few + 1_000_000


def test_the_digest_is_the_sha256_that_the_decision_describes(account: Account) -> None:
    first = chain(account)[0]
    facts = first.facts() | {
        "created_at": first.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(bytes(32) + text.encode()).digest() == bytes(first.digest)
