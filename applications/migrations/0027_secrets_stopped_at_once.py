"""When a secret was ended at once: a server whose clock is behind must not go by the end of its overlap."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("applications", "0026_application_by_use")]

    operations = [
        migrations.AddField(
            model_name="applicationsecret",
            name="stopped_at",
            field=models.DateTimeField(null=True),
        ),
    ]
