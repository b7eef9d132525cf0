"""What each member wants mails about; credentials that were reported as found, and whether a secret then stops."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0017_email_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="CredentialReports",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("calls", models.PositiveBigIntegerField(default=0, verbose_name="reports")),
                ("sent", models.PositiveBigIntegerField(default=0, verbose_name="values sent")),
                ("live", models.PositiveBigIntegerField(default=0, verbose_name="live credentials")),
            ],
            options={
                "verbose_name": "reports of found credentials",
                "verbose_name_plural": "reports of found credentials",
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="FoundCredential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("secret", "Application ID and secret"),
                            ("token", "Access token"),
                            ("api_key", "API key"),
                        ],
                        max_length=7,
                    ),
                ),
                ("hint", models.CharField(max_length=4)),
                ("token_pk", models.BigIntegerField(null=True)),
                ("stopped", models.BooleanField(default=True)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("request_id", models.CharField(max_length=36)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("dismissed_at", models.DateTimeField(null=True)),
                ("dismissed_by", models.CharField(default="", max_length=254)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="MailChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("wanted", models.BooleanField()),
            ],
        ),
        migrations.AddField(
            model_name="account",
            name="stops_found_secrets",
            field=models.BooleanField(
                db_default=True, default=True, verbose_name="secrets that were found are stopped"
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor_kind",
            field=models.CharField(
                choices=[
                    ("user", "Member"),
                    ("application", "Application"),
                    ("api_key", "API key"),
                    ("command", "Operator"),
                    ("finder", "Who found a credential"),
                ],
                max_length=11,
            ),
        ),
        migrations.AddIndex(
            model_name="applicationsecret",
            index=models.Index(fields=["digest"], name="secret_by_digest"),
        ),
        migrations.AddField(
            model_name="foundcredential",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found_credentials",
                to="applications.account",
            ),
        ),
        migrations.AddField(
            model_name="foundcredential",
            name="api_key",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found_credentials",
                to="applications.apikey",
            ),
        ),
        migrations.AddField(
            model_name="foundcredential",
            name="application",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found_credentials",
                to="applications.application",
            ),
        ),
        migrations.AddField(
            model_name="foundcredential",
            name="secret",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found_credentials",
                to="applications.applicationsecret",
            ),
        ),
        migrations.AddField(
            model_name="mailchoice",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mail_choices",
                to="applications.membership",
            ),
        ),
        migrations.AddIndex(
            model_name="foundcredential",
            index=models.Index(
                condition=models.Q(("dismissed_at", None)), fields=["account", "-id"], name="found_and_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="foundcredential",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("api_key__isnull", False), ("application", None)),
                    models.Q(("api_key", None), ("application__isnull", False)),
                    _connector="OR",
                ),
                name="found_credential_is_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="foundcredential",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["secret", "token", "api_key"])), name="found_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailchoice",
            constraint=models.UniqueConstraint(
                fields=("membership", "kind"), name="mail_choice_once_per_kind"
            ),
        ),
    ]
