"""`allow_ip`: a list of allowed IPs from the operator's shell."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from applications.models import Account, AllowedIP, Application, AuditEvent
from tests.factories import make_account, make_application, make_token


def allow_ip(*arguments: str) -> dict[str, Any]:
    """Run the command with --json and return what it printed."""
    out = StringIO()
    call_command("allow_ip", *arguments, "--json", stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


@pytest.fixture
def application(db: None) -> Application:
    return make_application(make_account("Demo"))[0]


def test_it_adds_to_the_list_of_an_account(application: Application) -> None:
    printed = allow_ip("198.51.100.0/24", "--account", "Demo", "--note", "Shop servers")
    assert printed == {"account": "Demo", "network": "198.51.100.0/24", "locked_out": []}
    line = AllowedIP.objects.get()
    assert (line.network, line.note, line.application, line.created_by) == (
        "198.51.100.0/24",
        "Shop servers",
        None,
        "operator",
    )
    assert Account.objects.get().allowlist == "198.51.100.0/24"
    assert Application.objects.get().allowlist == "198.51.100.0/24|"
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor) == ("allowed_ips:change", "operator")


def test_it_adds_to_the_list_of_an_application(application: Application) -> None:
    printed = allow_ip("2001:DB8::1", "--application", application.application_id)
    assert printed == {
        "application_id": application.application_id,
        "network": "2001:db8::1",
        "locked_out": [],
    }
    assert Application.objects.get().allowlist == "|2001:db8::1/128"


@pytest.mark.parametrize("account", [True, False])
def test_it_says_whom_the_first_line_locks_out(application: Application, account: bool) -> None:
    make_token(application, ip="203.0.113.7")
    make_token(application, ip="198.51.100.23")
    whose = ("--account", "Demo") if account else ("--application", application.application_id)
    assert allow_ip("198.51.100.0/24", *whose)["locked_out"] == ["203.0.113.7"]
    assert allow_ip("192.0.2.1", *whose)["locked_out"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("198.51.100.1/24", "--account", "Demo"), r"The network is 198\.51\.100\.0/24\."),
        (("192.0.2.1", "--account", "Nobody"), "There is no account named “Nobody”"),
        (("192.0.2.1", "--application", "0" * 40), "There is no application with the ID"),
        (("192.0.2.1", "--account", "Demo", "--note", "x" * 101), "at most 100 characters"),
        (("192.0.2.1",), "one of the arguments --account --application is required"),
        (("192.0.2.1", "--account", "Demo", "--application", "0" * 40), "not allowed with argument"),
    ],
)
def test_what_it_cannot_do_it_says(application: Application, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        allow_ip(*arguments)
    assert not AllowedIP.objects.exists()


def test_a_network_is_listed_once(application: Application) -> None:
    allow_ip("192.0.2.1", "--account", "Demo")
    with pytest.raises(CommandError, match=r"192\.0\.2\.1 is on the list already"):
        allow_ip("192.0.2.1/32", "--account", "Demo")


def test_in_words_too(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("allow_ip", "192.0.2.1", "--account", "Demo")
    assert "network: 192.0.2.1" in capsys.readouterr().out
