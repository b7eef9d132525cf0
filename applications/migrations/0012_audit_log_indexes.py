"""What the audit log is filtered by.

Adding an index leaves the table and its triggers (0009) as they are, on SQLite too.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0011_members"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "action", "-id"], name="audit_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "actor", "-id"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "actor_kind", "-id"], name="audit_by_actor_kind"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "ip", "-id"], name="audit_by_address"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "request_id", "-id"], name="audit_by_request"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "created_at"], name="audit_by_time"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                fields=["account", "actor", "action", "-id"], name="audit_by_actor_and_action"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["application_id", "action", "-id"], name="audit_of_app_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["application_id", "actor", "-id"], name="audit_of_app_by_actor"),
        ),
    ]
