"""The audit log guards its own chain: no row is replaced, put in between, or taken away with all the others.

What each trigger holds is said in docs/decisions/0016. SQLite gives them up when a later migration makes the table
anew (any AlterField that changes the column): such a migration has to create them again, as 0004 does.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import applications.models.audit

POSTGRESQL = [
    """
    CREATE FUNCTION applications_audit_continues() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        latest applications_auditevent%ROWTYPE;
    BEGIN
        IF NEW.account_id IS NULL THEN
            SELECT * INTO latest FROM applications_auditevent WHERE account_id IS NULL ORDER BY id DESC LIMIT 1;
        ELSE
            SELECT * INTO latest FROM applications_auditevent WHERE account_id = NEW.account_id ORDER BY id DESC LIMIT 1;
        END IF;
        IF octet_length(NEW.digest) <> 32 OR NEW.id <= coalesce(latest.id, 0)
            OR NEW.previous <> coalesce(latest.digest, decode(repeat('00', 32), 'hex')) THEN
            RAISE EXCEPTION 'an audit row continues the chain of its account' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_continues BEFORE INSERT ON applications_auditevent
    FOR EACH ROW EXECUTE FUNCTION applications_audit_continues()
    """,
    """
    CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON applications_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION applications_audit_is_append_only()
    """,
]
# BEFORE INSERT runs ahead of REPLACE's deletions; the key of a row that names none is known only AFTER it.
SQLITE = [
    """
    CREATE TRIGGER audit_continues BEFORE INSERT ON applications_auditevent
    WHEN length(NEW.digest) <> 32 OR NEW.previous <> coalesce(
        (SELECT digest FROM applications_auditevent WHERE account_id IS NEW.account_id ORDER BY id DESC LIMIT 1),
        zeroblob(32)
    ) OR EXISTS (SELECT 1 FROM applications_auditevent WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'an audit row continues the chain of its account'); END
    """,
    """
    CREATE TRIGGER audit_continues_upwards AFTER INSERT ON applications_auditevent
    WHEN NEW.id < 1 OR EXISTS (
        SELECT 1 FROM applications_auditevent WHERE account_id IS NEW.account_id AND id > NEW.id
    )
    BEGIN SELECT RAISE(ABORT, 'an audit row continues the chain of its account'); END
    """,
]
UNDO = {
    "postgresql": [
        "DROP TRIGGER audit_is_not_truncated ON applications_auditevent",
        "DROP TRIGGER audit_continues ON applications_auditevent",
        "DROP FUNCTION applications_audit_continues",
    ],
    "sqlite": ["DROP TRIGGER audit_continues", "DROP TRIGGER audit_continues_upwards"],
}


def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)  # without parameters, so that % stands for itself


def undo(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0008_sign_in"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=applications.models.audit.Action.choices, max_length=40, verbose_name="action"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "-id"], name="audit_by_account"),
        ),
        migrations.RunPython(apply, undo),
    ]
