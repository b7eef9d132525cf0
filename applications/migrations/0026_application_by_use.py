"""The list of applications by last use, from an index: with 100,000 it read and sorted all of them.

100,000 applications are indexed in 0.2 s, in which only "last used" is not written.
"""

from django.db import migrations, models

import applications.models.order_of_use


class Migration(migrations.Migration):
    dependencies = [("applications", "0025_deletions_in_the_database")]

    operations = [
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                models.F("account"),
                models.OrderBy(applications.models.order_of_use.LastUsed("last_used_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="application_by_use",
            ),
        ),
    ]
