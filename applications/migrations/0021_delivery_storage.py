"""What the ORM cannot say: the table of deliveries is vacuumed often.

Each delivery leaves dead entries in the indexes that workers read, where a table that keeps 30 days of them would be
vacuumed only once a fifth of it has changed.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OFTEN = "autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 5000"


def apply(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE applications_delivery SET ({OFTEN})")


def undo(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        names = ", ".join(setting.partition(" ")[0] for setting in OFTEN.split(", "))
        schema_editor.execute(f"ALTER TABLE applications_delivery RESET ({names})")


class Migration(migrations.Migration):
    dependencies = [("applications", "0020_webhooks")]
    operations = [migrations.RunPython(apply, undo)]
