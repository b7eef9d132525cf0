"""Invitations, and the settings of an account."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0010_address_use_per_secret"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("admin", "Admin"), ("viewer", "Viewer")],
                        max_length=6,
                        verbose_name="role",
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("created_by", models.CharField(max_length=254, verbose_name="invited by")),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="sent")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="accepted")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="withdrawn")),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="account",
            name="default_lifetime",
            field=models.CharField(
                choices=[("1 day", "1 day"), ("1 week", "1 week"), ("never", "Never")],
                default="1 day",
                max_length=6,
                verbose_name="token lifetime of new applications",
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="requires_second_factor",
            field=models.BooleanField(default=False, verbose_name="members need a second factor"),
        ),
        migrations.AddField(
            model_name="account",
            name="revision",
            field=models.PositiveIntegerField(default=0, editable=False),
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
                ],
                max_length=40,
                verbose_name="action",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("default_lifetime__in", ["1 day", "1 week", "never"])),
                name="account_default_lifetime_is_known",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to="applications.account",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                fields=("account", "email"),
                name="invitation_pending_once_per_email",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="invitation_email_is_lower_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "admin", "viewer"])),
                name="invitation_role_is_known",
            ),
        ),
    ]
