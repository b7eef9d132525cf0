"""The page on which a member chooses mails; the mails of signing in."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from applications.models import Account, AuditEvent, Membership
from applications.models.audit import Action
from applications.models.mails import MailKind
from applications.operations.mails import Mail
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def url(account: Account) -> str:
    return reverse("panel:mails", args=[account.pk])


def ticked(client: Client, account: Account) -> set[str]:
    """The boxes that are ticked, by their values."""
    page = client.get(url(account)).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="(kinds|own_acts)"([^>]*)>', page)
    values = {re.search(r'value="(\w+)"', rest) for _name, rest in boxes if " checked" in rest}
    return {match[1] if match else "own" for match in values}


def test_owners_and_admins_begin_with_all_viewers_with_none(
    alice: Client, ada: Client, bob: Client, cast: Cast
) -> None:
    assert ticked(alice, cast.account) == ticked(ada, cast.account) == set(MailKind.values)
    assert ticked(bob, cast.account) == set()


def test_each_member_chooses_for_themselves_viewers_too(alice: Client, bob: Client, cast: Cast) -> None:
    page = bob.post(url(cast.account), {"kinds": ["secret", "found"], "own_acts": "on"}, follow=True)
    assert "Your choice was saved." in text(page)
    assert ticked(bob, cast.account) == {"secret", "found", "own"}
    assert ticked(alice, cast.account) == set(MailKind.values)


def test_what_cannot_be_switched_off_is_said_and_held(alice: Client, cast: Cast) -> None:
    page = text(alice.get(url(cast.account)))
    assert "These cannot be switched off" in page
    assert "Owners and admins always get it." in page
    alice.post(url(cast.account), {})
    assert ticked(alice, cast.account) == {"found"}
    assert Membership.objects.get(user=cast.alice).mail_kinds == {MailKind.FOUND}


@pytest.mark.parametrize("kind", ["everything", "own", "secret\x00", "'"])
def test_a_kind_that_is_none_saves_nothing(kind: str, alice: Client, cast: Cast) -> None:
    response = alice.post(url(cast.account), {"kinds": ["api_key", kind]})
    assert response.status_code == 422
    assert "Nothing was saved." in text(response)
    assert ticked(alice, cast.account) == set(MailKind.values)


def test_the_choice_in_the_audit_log(alice: Client, cast: Cast) -> None:
    alice.post(url(cast.account), {"kinds": ["secret"]})
    page = text(alice.get(reverse("panel:audit_log", args=[cast.account.pk])))
    assert "chose which mails they get" in page
    assert "The secret of an application was reset or stopped" in page


def test_the_menu_leads_there(bob: Client, cast: Cast) -> None:
    assert f'href="{url(cast.account)}"' in bob.get(url(cast.account)).content.decode()


# --- Signing in -------------------------------------------------------------------------------------


@pytest.fixture
def told(django_capture_on_commit_callbacks: Any, cast: Cast) -> Any:
    """Signs in, and returns the mails that this caused."""
    type(cast.alice).objects.update(date_joined="2020-01-01T00:00:00Z")

    def sign_in(client: Client, password: str = PASSWORD, agent: str = FIREFOX) -> list[Any]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            client.post(
                reverse("account_login"),
                {"login": cast.bob.email, "password": password},
                REMOTE_ADDR="192.0.2.7",
                HTTP_USER_AGENT=agent,
                HTTP_HOST="localhost",
            )
        return list(mail.outbox)

    return sign_in


def test_a_sign_in_from_a_new_browser_is_told_once(told: Any, cast: Cast) -> None:
    browser = Client()
    [message] = told(browser)
    assert (message.to, message.subject) == ([cast.bob.email], "New sign-in to Latchkey")
    assert (
        "You signed in with Firefox on Linux, a browser that you have not used here before." in message.body
    )
    assert "From: 192.0.2.7" in message.body
    browser.post(reverse("account_logout"))
    assert told(browser) == [], "known now"
    [_again] = told(Client())


def test_a_sign_in_that_fails_or_has_just_joined_is_not_told(told: Any, cast: Cast) -> None:
    assert told(Client(), password="wrong") == []
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(date_joined="2999-01-01T00:00:00Z")
    assert told(Client()) == []
    assert AuditEvent.objects.filter(action=Action.SIGNED_IN).exists()


def test_a_browser_without_a_name_is_told_too(told: Any) -> None:
    [message] = told(Client(), agent="")
    assert "Unknown device" in message.body


@pytest.mark.parametrize("agent", ["<script>alert(1)</script>", "x\u2028Bcc: a@x.example", "x" * 5000])
def test_a_browsers_name_forges_nothing(agent: str, told: Any) -> None:
    [message] = told(Client(), agent=agent)
    assert "Unknown device" in message.body


def test_a_new_password_is_told(alice: Client, cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    alice.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    new = "another long and dull phrase"
    with django_capture_on_commit_callbacks(execute=True):
        alice.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": new, "password2": new},
            REMOTE_ADDR="192.0.2.8",
        )
    [message] = mail.outbox
    assert (message.to, message.subject) == ([cast.alice.email], "Your Latchkey password was changed")
    assert "From: 192.0.2.8" in message.body


def test_mails_of_the_sign_in_library_are_html_too(db: None, cast: Cast) -> None:
    Client().post(reverse("account_reset_password"), {"email": cast.alice.email})
    [message] = mail.outbox
    assert isinstance(message, Mail)
    [(html, _kind)] = message.alternatives
    [link] = re.findall(r"^http://\S+/sign-in/new-password/\S+$", str(message.body), re.MULTILINE)
    assert f'href="{link}"' in str(html)
    assert link.encode() in message.message().as_bytes(), "in one line of the raw mail"
