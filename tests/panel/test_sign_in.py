"""Signing in, and what belongs to the person who has (security.md 15)."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from applications.models import User

PASSWORD = "correct horse battery"
SIGN_IN = "/panel/sign-in/"
YOU = "/panel/you/"
PAGES_OF_A_PERSON = [
    "mfa_index",
    "account_change_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
]


@pytest.fixture
def elena(db: None) -> User:
    return User.objects.create_user("elena@marlowe.example", PASSWORD, name="Elena Kowalczyk")


@pytest.fixture
def browser(elena: User) -> Client:
    return Client()


def sign_in(
    browser: Client, password: str = PASSWORD, email: str = "elena@marlowe.example", **more: str
) -> str:
    """Try to sign in; return the page that comes back, less what differs each time."""
    answer = browser.post(SIGN_IN, {"login": email, "password": password, **more})
    return re.sub(r'csrfmiddlewaretoken" value="\w+"|value="[^"]*@[^"]*"', "", answer.content.decode())


def signed_in(browser: Client) -> bool:
    return browser.get(YOU).status_code == 200


def test_email_and_password_sign_in(browser: Client) -> None:
    sign_in(browser, email="Elena@Marlowe.example")
    assert signed_in(browser)


def test_signing_in_leads_where_one_wanted_to_go(browser: Client) -> None:
    answer = browser.post(SIGN_IN, {"login": "elena@marlowe.example", "password": PASSWORD, "next": YOU})
    assert answer["Location"] == YOU


def test_signing_in_never_leads_elsewhere(browser: Client) -> None:
    answer = browser.post(
        SIGN_IN, {"login": "elena@marlowe.example", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == reverse("panel:home")


def test_session_is_another_after_signing_in(browser: Client) -> None:
    browser.session.save()
    before = browser.cookies[settings.SESSION_COOKIE_NAME].value
    sign_in(browser)
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != before


def test_wrong_email_and_wrong_password_read_the_same(browser: Client) -> None:
    wrong_password = sign_in(browser, "nothing like it")
    assert "Email or password is wrong" in wrong_password
    assert wrong_password == sign_in(browser, email="nobody@marlowe.example")
    assert not signed_in(browser)


def test_tries_are_counted_by_address_and_not_by_what_a_client_says_of_itself(browser: Client) -> None:
    for number in range(settings.SIGN_IN_TRIES):
        data = {"login": "elena@marlowe.example", "password": "nothing like it"}
        browser.post(SIGN_IN, data, headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert "Too many tries" in sign_in(browser, "nothing like it")
    elsewhere = Client(REMOTE_ADDR="192.0.2.77")
    sign_in(elsewhere)
    assert signed_in(elsewhere)


def test_nobody_signs_up(browser: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


@pytest.mark.parametrize("name", PAGES_OF_A_PERSON)
def test_pages_of_a_person_ask_to_sign_in(browser: Client, name: str) -> None:
    answer = browser.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(SIGN_IN)


@pytest.mark.parametrize("name", PAGES_OF_A_PERSON)
def test_pages_of_a_person_answer(browser: Client, elena: User, name: str) -> None:
    sign_in(browser)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert browser.get(reverse(name)).status_code in (200, 302, 404)  # 404: no recovery codes yet


def test_signing_out_is_a_post(browser: Client) -> None:
    sign_in(browser)
    browser.get(reverse("account_logout"))
    assert signed_in(browser)
    browser.post(reverse("account_logout"))
    assert not signed_in(browser)


# --- A forgotten password ------------------------------------------------------------------------


def ask_for_link(browser: Client, email: str, **headers: str) -> str:
    answer = browser.post(reverse("account_reset_password"), {"email": email}, headers=headers, follow=True)
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


def test_known_and_unknown_email_read_the_same_and_only_one_gets_mail(browser: Client) -> None:
    known = ask_for_link(browser, "elena@marlowe.example")
    assert [message.to for message in mail.outbox] == [["elena@marlowe.example"]]
    assert ask_for_link(browser, "nobody@marlowe.example") == known
    assert len(mail.outbox) == 1


def test_link_of_the_mail_comes_from_configuration_and_works_once(browser: Client, elena: User) -> None:
    ask_for_link(browser, "elena@marlowe.example", Host="localhost")
    [link] = re.findall(r"https?://\S+/new-password/\S+", str(mail.outbox[0].body))
    assert link.startswith(f"{settings.PUBLIC_URL}/panel/sign-in/new-password/")
    path = link.removeprefix(settings.PUBLIC_URL)
    form = browser.get(path, follow=True).request["PATH_INFO"]
    browser.post(form, {"password1": "another fine phrase", "password2": "another fine phrase"})
    elena.refresh_from_db()
    assert elena.check_password("another fine phrase")
    assert "This link no longer works" in Client().get(path, follow=True).content.decode()


def test_new_password_ends_every_session(browser: Client, elena: User) -> None:
    sign_in(browser)
    elena.set_password("another fine phrase")
    elena.save()
    assert not signed_in(browser)


# --- The second factor ---------------------------------------------------------------------------


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06d}"  # RFC 6238: a step of 30 seconds


def test_password_alone_is_not_enough_with_an_authenticator_app(browser: Client, elena: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(elena, secret)
    answer = browser.post(SIGN_IN, {"login": "elena@marlowe.example", "password": PASSWORD})
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert not signed_in(browser)
    assert "This code is wrong" in browser.post(answer["Location"], {"code": "000000"}).content.decode()
    browser.post(answer["Location"], {"code": code_of(secret)})
    assert signed_in(browser)


def test_the_app_is_set_up_right_after_signing_in(browser: Client, elena: User) -> None:
    sign_in(browser)
    address = reverse("mfa_activate_totp")
    page = browser.get(address)
    assert "<svg" in page.content.decode()
    browser.post(address, {"code": code_of(page.context["form"].secret)})
    assert set(Authenticator.objects.filter(user=elena).values_list("type", flat=True)) == {
        "totp",
        "recovery_codes",
    }
