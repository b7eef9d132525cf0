"""What the ORM cannot say: storage of the token table, and an audit log that stays as written."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL = [
    # Space in each page for last_used_at (a HOT update touches no index), and vacuum before a
    # purged million weighs on the checks.
    """
    ALTER TABLE applications_accesstoken SET (
        fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
    )
    """,
    """
    CREATE FUNCTION applications_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit rows are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON applications_auditevent
    FOR EACH ROW EXECUTE FUNCTION applications_audit_is_append_only()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER audit_is_append_only_{verb.lower()} BEFORE {verb} ON applications_auditevent
    BEGIN SELECT RAISE(ABORT, 'audit rows are never changed or deleted'); END
    """
    for verb in ("UPDATE", "DELETE")
]
UNDO = {
    "postgresql": [
        "DROP TRIGGER audit_is_append_only ON applications_auditevent",
        "DROP FUNCTION applications_audit_is_append_only",
        """
        ALTER TABLE applications_accesstoken RESET (
            fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor
        )
        """,
    ],
    "sqlite": [
        "DROP TRIGGER audit_is_append_only_update",
        "DROP TRIGGER audit_is_append_only_delete",
    ],
}


def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def undo(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_scopes")]
    operations = [migrations.RunPython(apply, undo)]
