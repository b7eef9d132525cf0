"""The tables are what the models say, and migrations can be undone."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from applications.models import Account, AuditEvent, Scope
from tests.factories import make_account


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_scopes_are_seeded_in_the_platforms_order(db: None) -> None:
    names = "sms viber whatsapp multichannel conversations reports groups originators templates shortlinks"
    rest = "attachments optouts account applications numbers"
    assert list(Scope.objects.values_list("name", flat=True)) == f"{names} {rest}".split()


@pytest.mark.owner
def test_audit_rows_cannot_be_changed_or_deleted(db: None) -> None:
    make_account("Demo")
    event = AuditEvent.objects.get()
    for change in (
        lambda: AuditEvent.objects.filter(pk=event.pk).update(actor="nobody"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change()
    assert Account.objects.count() == 1


@pytest.mark.postgres
def test_the_token_table_is_laid_out_for_its_load(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'applications_accesstoken'")
        options = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = 'applications_accesstoken'::regclass"
            " AND contype = 'f'"
        )
        foreign_keys = cursor.fetchone()[0]
    assert {"fillfactor=90", "autovacuum_vacuum_scale_factor=0.02"} <= set(options)
    assert foreign_keys == 0
