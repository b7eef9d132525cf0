"""The platform's scopes, in its order. The operator may add others and retire these."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SCOPES = [
    ("sms", "messages", "Send SMS and read their delivery reports"),
    ("viber", "messages", "Send Viber messages"),
    ("whatsapp", "messages", "Send WhatsApp messages"),
    ("multichannel", "messages", "Send over several channels, one after the other"),
    ("conversations", "messages", "Read and answer conversations"),
    ("reports", "messages", "Read reports and statistics"),
    ("groups", "content", "Manage groups of contacts"),
    ("originators", "content", "Manage sender IDs"),
    ("templates", "content", "Manage message templates"),
    ("shortlinks", "content", "Create short links and read their hits"),
    ("attachments", "content", "Upload attachments and read their hits"),
    ("optouts", "content", "Read and manage opt-outs"),
    ("account", "account", "Read the account and its balance"),
    ("applications", "account", "Manage applications of the account"),
    ("numbers", "account", "Look up and manage phone numbers"),
]


def seed(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    scope = apps.get_model("applications", "Scope")
    for position, (name, group, description) in enumerate(SCOPES, start=1):
        scope.objects.get_or_create(
            name=name,
            defaults={"group": group, "description": description, "position": position},
        )


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]
