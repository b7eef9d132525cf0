"""What the ORM cannot say: rows that point to what is deleted go with it in the database too.

The version before does not know the tables since 0017. It deletes an application, a membership or an API key without
their rows, which PostgreSQL refused: its people got a 500. Figures are stored beside requests, also in the moment
between the deletion of an application's figures and its own, with the same end.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GO_TOO = [
    "applications_addressuse",  # figures
    "applications_dailyusage",
    "applications_scopeuse",
    "applications_secretuse",
    "applications_auditcheck",  # tables since 0017
    "applications_emailchange",
    "applications_eventkey",
    "applications_foundcredential",
    "applications_mailchoice",
    "applications_redelivery",
    "applications_webhook",
    "applications_webhookday",
    "applications_webhookoptions",
    "applications_webhooksecret",
]
STAY = ["applications_refusal"]  # its people read why requests of a deleted application were refused
ACCOUNTS = ["applications_account"]
KEYS = """
    SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) AND confrelid <> ALL(%s::regclass[]) AND confdeltype = %s
    ORDER BY conname
"""
UNREAD = """
    SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) AND NOT convalidated ORDER BY conname
"""
CASCADES, SETS_NULL = " ON DELETE CASCADE", " ON DELETE SET NULL"
DEFERRABLE = " DEFERRABLE"  # what follows the action in a definition, as Django has it


def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _define(schema_editor, [GO_TOO, [], "a"], DEFERRABLE, CASCADES + DEFERRABLE)
    _define(schema_editor, [STAY, ACCOUNTS, "a"], DEFERRABLE, SETS_NULL + DEFERRABLE)


def undo(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _define(schema_editor, [GO_TOO, [], "c"], CASCADES, "")
    _define(schema_editor, [STAY, ACCOUNTS, "n"], SETS_NULL, "")


def _define(
    schema_editor: BaseDatabaseSchemaEditor, which: list[list[str] | str], old: str, new: str
) -> None:
    """Define these keys anew; a statement holds two tables, for moments.

    It does not read them, which the last ones do while others write: the old key has let in nothing wrong.
    """
    if schema_editor.connection.vendor != "postgresql":
        return  # SQLite has one machine, and so never two versions
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(KEYS, which)
        for table, name, definition in cursor.fetchall():
            key = f"ADD CONSTRAINT {name} {definition.replace(old, new)} NOT VALID"
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}, {key}")
        cursor.execute(UNREAD, which[:1])
        for table, name in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class Migration(migrations.Migration):
    atomic = False  # a lock that does not come is asked for again, and what was done before it stays
    dependencies = [("applications", "0024_audit_actions")]
    operations = [migrations.RunPython(apply, undo)]
