"""The account that a person used last, and when the chains of the audit log were checked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0021_delivery_storage")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="last_account",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="applications.account",
            ),
        ),
        migrations.CreateModel(
            name="AuditCheck",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="audit_check",
                        serialize=False,
                        to="applications.account",
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("rows", models.PositiveBigIntegerField()),
                ("last_row", models.PositiveBigIntegerField()),
                ("broken_row", models.PositiveBigIntegerField(null=True)),
            ],
        ),
    ]
