"""Secrets that webhooks are signed with, and whether an application's webhooks are signed."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0014_plain_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="signs_webhooks",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("account:create", "Account created"),
                    ("account:change", "Account settings changed"),
                    ("person:sign_in", "Signed in"),
                    ("person:sign_in_failed", "Sign-in failed"),
                    ("person:sign_out", "Signed out"),
                    ("session:end", "Sessions ended"),
                    ("password:change", "Password changed"),
                    ("password:reset", "Password reset by the mailed link"),
                    ("second_factor:add", "Authenticator app set up"),
                    ("second_factor:remove", "Authenticator app removed"),
                    ("second_factor:use", "Code of the authenticator app used"),
                    ("passkey:add", "Passkey added"),
                    ("passkey:remove", "Passkey removed"),
                    ("passkey:use", "Passkey used"),
                    ("recovery_codes:make", "Recovery codes made"),
                    ("recovery_codes:remove", "Recovery codes removed"),
                    ("recovery_codes:use", "Recovery code used"),
                    ("allowed_ips:change", "Allowed IPs changed"),
                    ("api_key:create", "API key created"),
                    ("api_key:revoke", "API key revoked"),
                    ("application:create", "Application created"),
                    ("application:change", "Application changed"),
                    ("application:enable", "Application enabled"),
                    ("application:disable", "Application disabled"),
                    ("application:delete", "Application deleted"),
                    ("invitation:create", "Member invited"),
                    ("invitation:send", "Invitation sent again"),
                    ("invitation:withdraw", "Invitation withdrawn"),
                    ("member:add", "Member added"),
                    ("member:change", "Role changed"),
                    ("member:join", "Member joined"),
                    ("member:leave", "Member left"),
                    ("member:remove", "Member removed"),
                    ("messages:change", "Message settings changed"),
                    ("resource_server:create", "Resource server created"),
                    ("resource_server:reset", "Secret of a resource server reset"),
                    ("resource_server:remove", "Resource server removed"),
                    ("secret:reset", "Secret reset"),
                    ("secret:retire", "Old secret stopped"),
                    ("token:revoke", "Token revoked"),
                    ("tokens:revoke", "All tokens revoked"),
                    ("scope:add", "Scope added"),
                    ("scope:retire", "Scope retired"),
                    ("webhook_secret:roll", "Signing secret of webhooks made"),
                    ("webhooks:sign", "Signing of webhooks switched on"),
                    ("webhooks:stop_signing", "Signing of webhooks switched off"),
                ],
                max_length=40,
                verbose_name="action",
            ),
        ),
        migrations.CreateModel(
            name="WebhookSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.TextField()),
                ("hint", models.CharField(max_length=4)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("created_by", models.CharField(max_length=254)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook_secrets",
                        to="applications.application",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("expires_at", None)),
                        fields=("application",),
                        name="application_has_one_current_webhook_secret",
                    )
                ],
            },
        ),
    ]
