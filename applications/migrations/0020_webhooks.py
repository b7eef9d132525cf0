"""Webhooks and their deliveries, and events as they come in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0019_webhook_secrets"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptCount",
            fields=[
                ("outcome", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="WebhookOptions",
            fields=[
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="webhook_options",
                        serialize=False,
                        to="applications.application",
                    ),
                ),
                ("keeps_bodies", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=36, unique=True)),
                ("event", models.CharField(max_length=24)),
                ("url", models.CharField(max_length=500)),
                ("is_test", models.BooleanField(default=False)),
                ("object_count", models.PositiveSmallIntegerField()),
                ("data", models.TextField(blank=True)),
                ("keys", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("given_up", "Every attempt failed"),
                            ("gone", "The receiver answered 410 (Gone), so the URL was switched off"),
                            ("switched_off", "The URL was switched off"),
                            ("url_removed", "The URL was removed"),
                            ("disabled", "The application was disabled"),
                            ("deleted", "The application was deleted"),
                        ],
                        max_length=12,
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=20)),
                ("milliseconds", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("carried", models.BooleanField(default=False)),
                (
                    "application",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="deliveries",
                        to="applications.application",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("url", models.CharField(max_length=500)),
                ("peer", models.CharField(blank=True, max_length=60)),
                ("headers", models.JSONField(default=list)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=20)),
                ("milliseconds", models.PositiveIntegerField()),
                ("answer_headers", models.JSONField(default=list)),
                ("body", models.TextField(blank=True)),
                ("answer_bytes", models.PositiveIntegerField(default=0)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="tried",
                        to="applications.delivery",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="EventCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("application_pk", models.PositiveBigIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("no_url", "No Url"),
                            ("url_switched_off", "Url Off"),
                            ("application_disabled", "Disabled"),
                            ("application_deleted", "Deleted"),
                            ("application_unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "application_pk", "reason"), name="event_count_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("setting", models.CharField(max_length=40)),
                ("url", models.CharField(blank=True, max_length=500)),
                ("succeeded_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("off_at", models.DateTimeField(null=True)),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[("gone", "It answered 410 (Gone)"), ("failing", "It failed for 5 days")],
                        max_length=7,
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="applications.application",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="webhook",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="deliveries",
                to="applications.webhook",
            ),
        ),
        migrations.CreateModel(
            name="WebhookDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("succeeded", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("milliseconds", models.PositiveBigIntegerField(default=0)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="applications.webhook",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EventKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("body", models.BinaryField(max_length=32)),
                ("answer", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "server",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="applications.resourceserver",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("server", "key"), name="event_key_once_a_server")
                ],
            },
        ),
        migrations.CreateModel(
            name="Redelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("setting", models.CharField(blank=True, max_length=40)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("ordered_by", models.CharField(max_length=254)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="redeliveries",
                        to="applications.application",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("application",),
                        name="redelivery_one_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(
                fields=("application", "setting"), name="webhook_once_a_setting"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "setting__in",
                        (
                            "sms_dlr_callback",
                            "viber_dlr_callback",
                            "whatsapp_dlr_callback",
                            "multichannel_dlr_callback",
                            "sms_receive_callback",
                            "viber_receive_callback",
                            "whatsapp_receive_callback",
                            "multichannel_receive_callback",
                            "shortlinks_callback",
                            "attachments_callback",
                            "optouts_callback",
                            "lookup_callback",
                            "otp_callback",
                        ),
                    )
                ),
                name="webhook_setting_is_a_callback",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("off_at", None), ("off_reason", "")),
                    models.Q(("off_at__isnull", False), ("off_reason__in", ["gone", "failing"])),
                    _connector="OR",
                ),
                name="webhook_off_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["webhook", "next_attempt_at", "id"],
                name="delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("lease__isnull", False)), fields=["webhook"], name="delivery_under_way"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["created_at"], name="delivery_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["application", "-id"], name="delivery_by_application"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["application", "event", "-id"], name="delivery_by_event"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "delivered"), _negated=True),
                fields=["application", "-id"],
                name="delivery_not_delivered",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "failed"])),
                name="delivery_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("next_attempt_at__isnull", False), ("state", "waiting")),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True),
                        ("ended_at__isnull", False),
                        ("lease", None),
                        ("next_attempt_at", None),
                    ),
                    _connector="OR",
                ),
                name="delivery_waits_or_has_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), models.Q(("end_reason", ""), _negated=True)),
                    models.Q(models.Q(("state", "failed"), _negated=True), ("end_reason", "")),
                    _connector="OR",
                ),
                name="delivery_failed_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookday",
            constraint=models.UniqueConstraint(fields=("webhook", "day"), name="webhook_day_once"),
        ),
    ]
