"""Message settings that were changed over the API, as the platform's published client reads them."""

import json
from collections.abc import Callable
from typing import Any

import requests

from tests.clients.conftest import Held

QUIET = {"start": "21:30", "stop": "09:30"}
CALLBACKS = {"dlrCallback": "https://hooks.example.com/dlr", "receiveCallback": None}
SETTINGS: dict[str, Any] = {
    "sms": {
        "enforceOriginator": "Marlowe",
        **CALLBACKS,
        "quietHours": QUIET,
        "transliteration": {"alphabet": "ROMANIAN", "removeEmojis": True},
    },
    "viber": {**CALLBACKS, "quietHours": QUIET},
    "whatsapp": {**CALLBACKS, "quietHours": {"start": "", "stop": ""}},
    "multichannel": {**CALLBACKS, "quietHours": QUIET, "ttl": 600, "expireAfterTtl": True},
    "shortlinks": {"shortlinksCallback": "https://hooks.example.com/links"},
    "attachments": {"attachmentsCallback": None},
    "optouts": {"optoutsCallback": "https://hooks.example.com/optouts"},
    "lookup": {"lookupCallback": None},
    "otp": {
        "template": "{{pin}} is your Marlowe code.",
        "from": "Marlowe",
        "pinType": "alphanumeric",
        "pinLength": 8,
        "ttl": 600,
        "maxAttempts": 5,
        "otpCallback": "https://hooks.example.com/otp",
    },
}
# What the client calls them in Python.
SNAKES = {
    "enforceOriginator": "enforce_originator",
    "dlrCallback": "dlr_callback",
    "receiveCallback": "receive_callback",
    "quietHours": "quiet_hours",
    "removeEmojis": "remove_emojis",
    "expireAfterTtl": "expire_after_ttl",
    "shortlinksCallback": "shortlinks_callback",
    "attachmentsCallback": "attachments_callback",
    "optoutsCallback": "optouts_callback",
    "lookupCallback": "lookup_callback",
    "from": "_from",
    "pinType": "pin_type",
    "pinLength": "pin_length",
    "maxAttempts": "max_attempts",
    "otpCallback": "otp_callback",
}


def in_python(settings: Any) -> Any:
    if not isinstance(settings, dict):
        return settings
    return {SNAKES.get(name, name): in_python(value) for name, value in settings.items()}


def test_the_published_client_reads_what_was_set(held: Held, published: Callable[..., Any]) -> None:
    client_id, secret = held.application("applications sms")
    grant = {"grant_type": "client_credentials"}
    token = requests.post(f"{held.url}/oauth/token", grant, auth=(client_id, secret), timeout=10).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    address = f"{held.url}/applications/{client_id}"
    changed = requests.patch(address, json={"settings": SETTINGS}, headers=bearer, timeout=10)
    assert changed.json()["settings"] == SETTINGS

    credentials = json.dumps({"token": {"access_token": token["access_token"]}})
    read = published("applications.py", held.url, client_id, "0" * 40, credentials)["token"]["application"]
    assert read["settings"] == in_python(SETTINGS)

    sent = {"text": "Bună ziua 📦", "to": "+40721555013"}
    made = requests.post(f"{held.url}/messages/preview", json=sent, headers=bearer, timeout=10).json()
    assert (made["text"], made["from"], made["parts"]) == ("Buna ziua ", "Marlowe", 1)
