"""Tables and two applications, one with its secret as it is and one with it hashed; prints them as JSON."""

import json
import secrets
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command


def create(*, hashed: bool) -> dict[str, str]:
    """Return the credentials of a new client of the client credentials grant."""
    client_id, secret = secrets.token_hex(20), secrets.token_hex(20)
    model: Any = apps.get_model("oauth2_provider", "Application")
    model.objects.create(
        client_id=client_id,
        client_secret=secret,
        hash_client_secret=hashed,
        client_type="confidential",
        authorization_grant_type="client-credentials",
    )
    return {"client_id": client_id, "client_secret": secret}


django.setup()
call_command("migrate", verbosity=0)
print(json.dumps({"plain": create(hashed=False), "hashed": create(hashed=True)}))
