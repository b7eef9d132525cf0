"""Refusals belong to an account, outlive their application, and say what the request was like."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery

REASONS = [
    ("wrong_secret", "Secret is wrong"),
    ("old_secret", "Secret was reset"),
    ("disabled", "Application was disabled"),
    ("address", "Address is not allowed"),
    ("scope", "Scope is not granted"),
    ("expired", "Token has expired"),
    ("revoked", "Token was revoked"),
    ("key_expired", "API key has expired"),
    ("key_revoked", "API key was revoked"),
    ("deleted", "Application was deleted"),
    ("rate_limit", "Rate limit was reached"),
    ("header", "Credential is in the wrong place"),
    ("body", "Body has the wrong format"),
    ("malformed", "Request cannot be used"),
]


def name_accounts(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    application = apps.get_model("applications", "Application").objects.filter(pk=OuterRef("application"))
    apps.get_model("applications", "Refusal").objects.update(
        account=Subquery(application.values("account")[:1]),
        client_id=Subquery(application.values("application_id")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0012_audit_log_indexes")]

    operations = [
        migrations.AddField(
            model_name="refusal",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refusals",
                to="applications.account",
            ),
        ),
        migrations.AddField(
            model_name="refusal", name="client_id", field=models.CharField(blank=True, max_length=40)
        ),
        migrations.RunPython(name_accounts, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="dailyusage",
            name="usage_kind_is_known",
        ),
        migrations.AddField(
            model_name="refusal",
            name="api_key",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="refusals",
                to="applications.apikey",
            ),
        ),
        migrations.AddField(
            model_name="refusal",
            name="credential",
            field=models.CharField(
                blank=True,
                choices=[
                    ("secret", "Application ID and secret"),
                    ("token", "Access token"),
                    ("api_key", "API key"),
                ],
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="refusal",
            name="error",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="refusal",
            name="method",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="refusal",
            name="path",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="refusal",
            name="status",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="refusal",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="refusals",
                to="applications.account",
            ),
        ),
        migrations.AlterField(
            model_name="refusal",
            name="application",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="refusals",
                to="applications.application",
            ),
        ),
        migrations.AlterField(
            model_name="refusal",
            name="created_at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now),
        ),
        migrations.AlterField(
            model_name="refusal",
            name="reason",
            field=models.CharField(choices=REASONS, max_length=12),
        ),
        migrations.AddIndex(
            model_name="refusal",
            index=models.Index(fields=["account", "-id"], name="refusal_by_account"),
        ),
        migrations.AddConstraint(
            model_name="dailyusage",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["issued", *(name for name, _label in REASONS)])),
                name="usage_kind_is_known",
            ),
        ),
        migrations.CreateModel(
            name="UnknownCredentials",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="refused requests")),
            ],
            options={
                "verbose_name": "refused requests of nobody",
                "verbose_name_plural": "refused requests of nobody",
                "ordering": ["-day"],
            },
        ),
    ]
