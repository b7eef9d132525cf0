"""API keys, resource servers, and audit rows of no account, for what the operator does."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def guard_audit_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite changes a column by making the table anew, and its triggers (0003) go with the old one."""
    if schema_editor.connection.vendor != "sqlite":
        return
    for verb in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"""
            CREATE TRIGGER audit_is_append_only_{verb.lower()} BEFORE {verb} ON applications_auditevent
            BEGIN SELECT RAISE(ABORT, 'audit rows are never changed or deleted'); END
            """
        )


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0003_storage"),
    ]

    operations = [
        migrations.CreateModel(
            name="APIKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("hint", models.CharField(editable=False, max_length=4, verbose_name="key")),
                ("scope", models.TextField(default="", editable=False, verbose_name="scopes")),
                ("expires_at", models.DateTimeField(editable=False, null=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(editable=False, null=True, verbose_name="revoked")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "created_by",
                    models.CharField(default="", editable=False, max_length=254, verbose_name="created by"),
                ),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                (
                    "last_used_ip",
                    models.GenericIPAddressField(editable=False, null=True, verbose_name="from"),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ResourceServer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "server_id",
                    models.CharField(editable=False, max_length=40, unique=True, verbose_name="ID"),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("hint", models.CharField(editable=False, max_length=4, verbose_name="secret")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "created_by",
                    models.CharField(default="", editable=False, max_length=254, verbose_name="created by"),
                ),
                ("reset_at", models.DateTimeField(editable=False, null=True, verbose_name="secret reset")),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                (
                    "last_used_ip",
                    models.GenericIPAddressField(editable=False, null=True, verbose_name="from"),
                ),
            ],
            options={
                "verbose_name": "resource server",
                "verbose_name_plural": "resource servers",
                "ordering": ["name"],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, guard_audit_again),
        migrations.AlterField(
            model_name="auditevent",
            name="account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="audit_events",
                to="applications.account",
            ),
        ),
        migrations.RunPython(guard_audit_again, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("account:create", "Account created"),
                    ("api_key:create", "API key created"),
                    ("api_key:revoke", "API key revoked"),
                    ("application:create", "Application created"),
                    ("application:change", "Application changed"),
                    ("application:enable", "Application enabled"),
                    ("application:disable", "Application disabled"),
                    ("application:delete", "Application deleted"),
                    ("resource_server:create", "Resource server created"),
                    ("resource_server:reset", "Secret of a resource server reset"),
                    ("resource_server:remove", "Resource server removed"),
                    ("secret:reset", "Secret reset"),
                    ("secret:retire", "Old secret stopped"),
                    ("token:revoke", "Token revoked"),
                    ("tokens:revoke", "All tokens revoked"),
                    ("scope:add", "Scope added"),
                    ("scope:retire", "Scope retired"),
                ],
                max_length=40,
                verbose_name="action",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("account", None)),
                fields=("previous",),
                name="audit_chain_of_the_operator_does_not_fork",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to="applications.account",
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceserver",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__length__gt", 0)), name="resource_server_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceserver",
            constraint=models.CheckConstraint(
                condition=models.Q(("server_id__length", 40)), name="resource_server_id_is_40_characters"
            ),
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(fields=["account", "-created_at"], name="api_key_by_account"),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_at", None), ("expires_at__gt", models.F("created_at")), _connector="OR"
                ),
                name="api_key_expires_after_its_making",
            ),
        ),
    ]
