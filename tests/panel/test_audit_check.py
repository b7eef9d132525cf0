"""What the page of the audit log says about its chain: nothing that was not checked."""

from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from applications.models import Account, AuditCheck, AuditEvent
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.audit import record
from tests.cast import Cast
from tests.panel.pages import text

WHOLE, LATER, BROKEN = "The chain of entries is whole", "Later entries are not checked yet", "is broken"

pytestmark = pytest.mark.owner


def said(client: Client, account: Account) -> str:
    return text(client.get(reverse("panel:audit_log", args=[account.pk])))


def verify(*arguments: str) -> int:
    try:
        call_command("verify_audit", *arguments, stdout=StringIO())
    except SystemExit as end:
        return int(str(end.code))
    return 0


def change(account: Account) -> int:
    """Change a row behind the triggers, as somebody with more rights than the server can; return its key."""
    row = AuditEvent.objects.filter(account=account).earliest("pk").pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE applications_auditevent DISABLE TRIGGER USER")
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
            cursor.execute(triggers, [AuditEvent._meta.db_table])
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
    AuditEvent.objects.filter(pk=row).update(target="another")
    return row


def test_before_the_first_check_nothing_is_claimed(bob: Client, cast: Cast) -> None:
    page = said(bob, cast.account)
    assert "was not checked yet" in page
    assert WHOLE not in page


def test_it_says_when_and_how_many(bob: Client, cast: Cast) -> None:
    rows = AuditEvent.objects.filter(account=cast.account).count()
    with time_machine.travel("2026-11-26 02:00:00Z"):
        assert verify() == 0
    with time_machine.travel("2026-11-26 10:00:00Z"):
        page = said(bob, cast.account)
    assert f"{WHOLE}: {rows} entries, checked" in page
    assert ">today, 03:00</time>." in page, "in the time zone of the account, Warsaw"
    assert LATER not in page


def test_what_was_written_since_is_not_claimed(alice: Client, cast: Cast) -> None:
    verify()
    record(OPERATOR, cast.account, Action.ACCOUNT_CHANGED, target="x")
    assert LATER in said(alice, cast.account)
    verify()
    assert LATER not in said(alice, cast.account)


def test_a_broken_chain_is_told_by_its_first_row(alice: Client, charlie: Client, cast: Cast) -> None:
    verify()
    row = change(cast.account)
    assert WHOLE in said(alice, cast.account), "nobody has looked since"
    assert verify() == 1
    page = said(alice, cast.account)
    assert BROKEN in page
    assert f"entry {row} is not what was written" in page
    assert WHOLE not in page
    assert WHOLE in said(charlie, cast.elsewhere), "each account reads of its own chain"


def test_a_log_that_is_gone_is_told(alice: Client, cast: Cast) -> None:
    change(cast.account)
    AuditEvent.objects.filter(account=cast.account).delete()
    assert verify() == 1
    page = said(alice, cast.account)
    assert "found no entry at all" in page
    assert WHOLE not in page


def test_the_check_of_one_account_says_nothing_about_others(alice: Client, cast: Cast) -> None:
    assert verify("--account", cast.elsewhere.name) == 0
    assert [check.account for check in AuditCheck.objects.all()] == [cast.elsewhere]
    assert "was not checked yet" in said(alice, cast.account)


def test_a_check_that_is_interrupted_claims_nothing(
    alice: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("applications.operations.audit_checks._problem", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify()
    assert "was not checked yet" in said(alice, cast.account)
