"""Counts of failed tries to sign in, codes that were used, and second factors encrypted at rest."""

from collections.abc import Callable
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from applications.models.sealed import sealed_json, unsealed_json


def each_authenticator(change: Callable[[Any], Any]) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    """Return a step that rewrites the data of every second factor; people have a few each, so the rows are few."""

    def step(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
        for row in apps.get_model("mfa", "Authenticator").objects.iterator():
            row.data = change(unsealed_json(row.data))
            row.save(update_fields=["data"])

    return step


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0007_rate_counts"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInFailures",
            fields=[
                ("subject", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("began", models.BigIntegerField(db_index=True)),
                ("number", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="UsedTimeStep",
            fields=[
                ("seed", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("step", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.RunPython(each_authenticator(sealed_json), each_authenticator(lambda data: data)),
    ]
