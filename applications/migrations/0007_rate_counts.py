"""Counting requests for the rate limits, in a table that PostgreSQL keeps no log of."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def set_unlogged(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE applications_ratecount SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [("applications", "0006_message_settings")]

    operations = [
        migrations.CreateModel(
            name="RateCount",
            fields=[
                ("caller", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("minute", models.PositiveBigIntegerField()),
                ("requests", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.RunPython(set_unlogged, migrations.RunPython.noop),
    ]
