"""GET /.well-known/security.txt: RFC 9116."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from config.security_contacts import checked_contacts
from tests.oauth.edge import body_of

PATH = "/.well-known/security.txt"
CONTACTS = ["mailto:security@sms.example", "https://sms.example/report?a=1,2", "tel:+1-201-555-0123"]


@pytest.fixture
def named(settings: Settings) -> Settings:
    settings.SECURITY_CONTACTS = CONTACTS
    settings.ISSUER = "https://id.sms.example"
    return settings


def test_section_2_5_the_fields_in_the_order_that_the_operator_prefers(
    client: Client, named: Settings
) -> None:
    with time_machine.travel(datetime(2026, 11, 26, 13, 55, tzinfo=UTC), tick=False):
        response = client.get(PATH)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == "".join(
        [
            *(f"Contact: {contact}\n" for contact in CONTACTS),
            "Expires: 2027-02-24T00:00:00Z\n",
            "Canonical: https://id.sms.example/.well-known/security.txt\n",
        ]
    )


def test_section_2_5_5_it_expires_within_a_year_and_never_on_the_day_it_is_read(
    client: Client, named: Settings
) -> None:
    said = re.search(r"^Expires: (\S+)$", client.get(PATH).content.decode(), re.MULTILINE)
    assert said
    left = datetime.fromisoformat(said[1]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=365)


def test_it_needs_no_database_and_no_host_of_the_clients_own(client: Client, named: Settings) -> None:
    named.ALLOWED_HOSTS = ["*"]
    assert b"evil" not in client.get(PATH, headers={"Host": "evil.example"}).content


def test_it_is_not_there_where_no_contact_is_named(client: Client) -> None:
    response = client.get(PATH)
    assert (response.status_code, body_of(response)["error"]) == (404, "not_found")


def test_it_is_read_and_nothing_else(client: Client, named: Settings) -> None:
    assert client.head(PATH).status_code == 200
    response = client.post(PATH)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "wrong",
    [
        *("security@sms.example", "http://sms.example", "mailto:", "mailto:x", "tel:123", "", "https://"),
        *("mailto:a@b.example\nContact: mailto:c@d.example", "https://a b", "javascript:alert(1)"),
    ],
)
def test_what_is_no_address_to_report_to_ends_the_start_with_a_sentence(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        checked_contacts(["mailto:good@sms.example", wrong])
    assert "is no address to report to. Name mailto:" in capsys.readouterr().err
    assert checked_contacts(CONTACTS) == CONTACTS
