"""Call the lists of networks and the senders of requests what the code calls them. A rename touches no row."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("applications", "0013_refusals")]

    operations = [
        migrations.RenameField("account", "fence", "allowlist"),
        migrations.RenameField("application", "fence", "allowlist"),
        migrations.RenameField("ratecount", "caller", "client"),
    ]
