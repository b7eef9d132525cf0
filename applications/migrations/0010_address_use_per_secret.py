"""From which addresses each secret is used, beside what its application is used from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0009_audit_chain")]

    operations = [
        migrations.AddField(
            model_name="addressuse",
            name="secret",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="address_uses",
                to="applications.applicationsecret",
            ),
        ),
        migrations.RemoveConstraint(model_name="addressuse", name="address_once_a_day"),
        migrations.AddConstraint(
            model_name="addressuse",
            constraint=models.UniqueConstraint(
                condition=models.Q(secret=None),
                fields=("application", "ip", "day"),
                name="address_once_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="addressuse",
            constraint=models.UniqueConstraint(
                fields=("secret", "ip", "day"), name="address_once_a_day_per_secret"
            ),
        ),
        migrations.AddConstraint(
            model_name="addressuse",
            constraint=models.CheckConstraint(
                condition=models.Q(secret=None) | models.Q(application__isnull=False),
                name="address_of_a_secret_is_of_its_application",
            ),
        ),
        migrations.AddIndex(
            model_name="addressuse",
            index=models.Index(fields=["application", "day"], name="address_use_by_application"),
        ),
    ]
