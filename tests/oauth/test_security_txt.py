"""Whom to tell about a weakness (RFC 9116)."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

PATH = "/.well-known/security.txt"


@time_machine.travel(datetime(2026, 1, 31, 12, tzinfo=UTC))
def test_it_has_the_fields_of_the_rfc(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    settings.PUBLIC_URL = "https://latchkey.example"
    answer = client.get(PATH)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.splitlines() == [
        "Contact: mailto:security@example.com",
        "Expires: 2026-07-30T00:00:00Z",
        "Preferred-Languages: en",
        "Canonical: https://latchkey.example/.well-known/security.txt",
    ]


@pytest.mark.parametrize(
    ("method", "contact", "status"), [("get", "", 404), ("post", "mailto:a@b.example", 405)]
)
def test_where_it_is_not(client: Client, settings: Settings, method: str, contact: str, status: int) -> None:
    settings.SECURITY_CONTACT = contact
    assert getattr(client, method)(PATH).status_code == status
