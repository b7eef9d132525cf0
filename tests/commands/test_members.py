"""add_member and remove_member, as a script uses them."""

from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from applications.models import AuditEvent, Invitation, Membership, User
from tests.commands.test_commands import run
from tests.factories import PASSWORD, make_account, make_user

ADD = ("add_member", "Dora@demo.example", "--account", "Demo", "--role", "admin")
REMOVE = ("remove_member", "dora@demo.example", "--account", "Demo")


def test_with_a_password_the_member_is_made_at_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("Demo")
    monkeypatch.setenv("LATCHKEY_MEMBER_PASSWORD", "a dull and long password")
    assert run(*ADD) == {"account": "Demo", "email": "dora@demo.example", "role": "admin", "state": "member"}
    user = User.objects.get(email="dora@demo.example")
    assert user.check_password("a dull and long password")
    assert user.memberships.get().role == "admin"
    with pytest.raises(CommandError, match="is a member of this account already"):
        call_command(*ADD)
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor) == ("member:add", "operator")


def test_a_known_person_keeps_the_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("Demo")
    make_user("dora@demo.example")
    monkeypatch.setenv("LATCHKEY_MEMBER_PASSWORD", "a dull and long password")
    run(*ADD)
    assert User.objects.get(email="dora@demo.example").check_password(PASSWORD)


def test_without_a_password_an_invitation_is_mailed_and_printed(
    db: None, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    make_account("Demo")
    monkeypatch.delenv("LATCHKEY_MEMBER_PASSWORD", raising=False)
    with django_capture_on_commit_callbacks(execute=True):
        printed = run(*ADD)
    assert printed["state"] == "invited"
    assert printed["invitation"] in str(mail.outbox[0].body).splitlines()
    path = printed["invitation"].removeprefix("http://127.0.0.1:8000")
    assert Client().get(path).status_code == 200
    assert not Membership.objects.filter(user__email="dora@demo.example").exists()
    with pytest.raises(CommandError, match="is invited already"):
        call_command(*ADD)
    assert run(*REMOVE)["removed"] == "invitation"
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add_member", "nobody", "--account", "Demo", "--role", "admin"), "Write an email address"),
        (("add_member", "a@x.example", "--account", "Demo", "--role", "boss"), "invalid choice"),
        (("add_member", "a@x.example", "--account", "None", "--role", "admin"), "no account named"),
        (("remove_member", "a@x.example", "--account", "Demo"), "neither a member of “Demo” nor invited"),
        (("remove_member", "alice@marlowe.example", "--account", "Demo"), "is the last owner"),
    ],
)
def test_what_cannot_be_is_said(db: None, arguments: tuple[str, ...], says: str) -> None:
    make_account("Demo")
    with pytest.raises(CommandError, match=says):
        call_command(*arguments, stdout=StringIO())
    assert Membership.objects.count() == 1
    assert not Invitation.objects.exists()


def test_a_weak_password_makes_nobody(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("Demo")
    monkeypatch.setenv("LATCHKEY_MEMBER_PASSWORD", "short")
    with pytest.raises(CommandError, match="too short"):
        call_command(*ADD)
    assert User.objects.count() == 1


def test_remove_member_removes(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("Demo")
    monkeypatch.setenv("LATCHKEY_MEMBER_PASSWORD", "a dull and long password")
    run(*ADD)
    assert run(*REMOVE) == {"account": "Demo", "email": "dora@demo.example", "removed": "member"}
    assert Membership.objects.count() == 1
