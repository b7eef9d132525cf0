"""The account's allowed IPs in the form that API keys are held against, and which addresses are in use."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from applications.rules.networks import make_list


def fill_fences(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    listed: dict[int, list[str]] = {}
    lines = apps.get_model("applications", "AllowedIP").objects.filter(application=None)
    for account_pk, network in lines.values_list("account", "network"):
        listed.setdefault(account_pk, []).append(network)
    for account_pk, networks in listed.items():
        apps.get_model("applications", "Account").objects.filter(pk=account_pk).update(
            fence=make_list(networks)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0004_api_keys_and_resource_servers"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="fence",
            field=models.TextField(default="", editable=False),
        ),
        migrations.RunPython(fill_fences, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("account:create", "Account created"),
                    ("allowed_ips:change", "Allowed IPs changed"),
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
        migrations.CreateModel(
            name="AddressUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ip", models.GenericIPAddressField()),
                ("day", models.DateField(db_index=True)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                (
                    "api_key",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_uses",
                        to="applications.apikey",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_uses",
                        to="applications.application",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("application", "ip", "day"), name="address_once_a_day"),
                    models.UniqueConstraint(
                        fields=("api_key", "ip", "day"), name="address_once_a_day_per_api_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("api_key__isnull", False), ("application", None)),
                            models.Q(("api_key", None), ("application__isnull", False)),
                            _connector="OR",
                        ),
                        name="address_used_by_one",
                    ),
                ],
            },
        ),
    ]
