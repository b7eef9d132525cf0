"""The page that asks for the password again names what is done after it, and does it with what was typed."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from django.urls import reverse

from applications.models import Account, Membership, User
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.invitations import invite_member
from applications.rules.emails import EmailAddress
from tests.cast import Cast
from tests.factories import PASSWORD, make_passkey
from tests.panel.addresses import of
from tests.panel.pages import text

BY_PASSWORD, BY_PASSKEY = reverse("account_reauthenticate"), reverse("mfa_reauthenticate_webauthn")
NOON = "2026-11-26 12:00:00Z"
LATER = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1


def in_account(name: str, *more: Any) -> Callable[[Cast], str]:
    return lambda cast: reverse(f"panel:{name}", args=[cast.account.pk, *more])


def of_bob(name: str) -> Callable[[Cast], str]:
    return lambda cast: in_account(name, Membership.objects.get(user=cast.bob).pk)(cast)


def sent_again(cast: Cast) -> str:
    email = EmailAddress("dora@marlowe.example")
    invitation, _value = invite_member(account=cast.account, email=email, role=Role.ADMIN, actor=OPERATOR)
    return in_account("invitation_send", invitation.pk)(cast)


def rule_dropped(cast: Cast) -> str:
    Account.objects.filter(pk=cast.account.pk).update(requires_second_factor=True)
    Authenticator.objects.create(user=cast.alice, type="recovery_codes", data={})
    Authenticator.objects.create(user=cast.alice, type="webauthn", data={"name": "Key"})
    return in_account("account_settings")(cast)


def passkey(name: str) -> Callable[[Cast], str]:
    def address(cast: Cast) -> str:
        key = Authenticator.objects.create(user=cast.alice, type="webauthn", data={"name": "Key"})
        return reverse(name, args=[key.pk])

    return address


def own(name: str) -> Callable[[Cast], str]:
    return lambda _cast: reverse(name)


SETTINGS = {"name": "Shop", "lifetime": "1 day", "revision": 0, "scopes": ["sms", "groups", "viber"]}
OF_ACCOUNT = {"name": "Marlowe Logistics", "timezone": "UTC", "default_lifetime": "1 day", "revision": 0}
# What is asked for → its address, what is posted (None: it is opened), and the words.
ACTS: list[tuple[Callable[[Cast], str], dict[str, Any] | None, str]] = [
    (in_account("application_new"), None, "Create an application"),
    (in_account("api_key_new"), {"name": "CRM"}, "Create an API key"),
    (
        lambda cast: of(cast.application, "secret_reset"),
        {},
        "Reset the secret of <bdi>Order notifications</bdi>",
    ),
    (lambda cast: of(cast.application, "application_delete"), None, "Delete <bdi>Order notifications</bdi>"),
    (lambda cast: of(cast.application, "settings"), SETTINGS, "Add scopes to <bdi>Order notifications</bdi>"),
    (of_bob("member_role"), {"role": "admin"}, "Change the role of <bdi>Bob Marlowe</bdi>"),
    (of_bob("member_remove"), None, "Remove the member <bdi>Bob Marlowe</bdi>"),
    (in_account("member_invite"), None, "Invite a member"),
    (sent_again, {}, "Send the invitation of <bdi>dora@marlowe.example</bdi> again"),
    (
        in_account("allowed_ips_add"),
        {"network": "192.0.2.0/24"},
        "Change the allowed IPs of <bdi>Marlowe Logistics</bdi>",
    ),
    (
        lambda cast: of(cast.application, "application_allowed_ips_add"),
        {"network": "192.0.2.0/24"},
        "Change the allowed IPs of <bdi>Order notifications</bdi>",
    ),
    (rule_dropped, OF_ACCOUNT, "Ask members of <bdi>Marlowe Logistics</bdi> for no second factor any more"),
    (own("panel:own_email"), {"email": "new@marlowe.example"}, "Change your email"),
    (own("mfa_activate_totp"), None, "Set up an authenticator app"),
    (own("mfa_deactivate_totp"), None, "Turn off the authenticator app"),
    (own("mfa_view_recovery_codes"), None, "Show your recovery codes"),
    (own("mfa_generate_recovery_codes"), {}, "Make new recovery codes"),
    (own("mfa_download_recovery_codes"), None, "Download your recovery codes"),
    (own("mfa_add_webauthn"), None, "Add a passkey"),
    (passkey("mfa_edit_webauthn"), {"name": "Drawer"}, "Rename a passkey"),
    (passkey("mfa_remove_webauthn"), None, "Remove a passkey"),
]


def stale(user: User) -> Client:
    """A browser in which the person signed in long ago: without a record of it."""
    client = Client(headers={"Host": "localhost"})
    client.force_login(user)
    return client


@pytest.mark.parametrize(("address", "sent", "words"), ACTS, ids=[act[2] for act in ACTS])
def test_each_act_is_named(
    cast: Cast, address: Callable[[Cast], str], sent: dict[str, Any] | None, words: str
) -> None:
    client, path = stale(cast.alice), address(cast)
    answer = client.get(path) if sent is None else client.post(path, sent)
    assert answer.status_code == 302
    asked = client.get(answer["Location"])
    assert f"<b>{words}</b>" in text(asked)


def test_every_way_to_confirm_names_it(cast: Cast) -> None:
    make_passkey(cast.alice)
    TOTP.activate(cast.alice, generate_totp_secret())
    client, path = stale(cast.alice), of(cast.application, "secret_reset")
    client.get(path)
    for way in ("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"):
        page = text(client.get(f"{reverse(way)}?next={path}"))
        assert "Reset the secret of <bdi>Order notifications</bdi>" in page


def test_it_is_named_after_a_wrong_password_too_and_then_done_with_what_was_typed(cast: Cast) -> None:
    client, path = stale(cast.alice), of_bob("member_role")(cast)
    ask = client.post(path, {"role": "admin"})["Location"]
    wrong = client.post(ask, {"password": "not this one", "next": path})
    assert "Change the role of <bdi>Bob Marlowe</bdi>" in text(wrong)
    assert Membership.objects.get(user=cast.bob).role == Role.VIEWER
    client.post(ask, {"password": PASSWORD, "next": path})
    assert Membership.objects.get(user=cast.bob).role == Role.ADMIN


def test_a_passkey_that_fails_leads_back_to_the_page_and_loses_nothing(cast: Cast) -> None:
    make_passkey(cast.alice)
    client, path = stale(cast.alice), of_bob("member_role")(cast)
    client.post(path, {"role": "admin"})
    answer = client.post(BY_PASSKEY, {"credential": '{"id": "x"}', "next": path}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{BY_PASSKEY}?next=")
    assert "This code is wrong" in text(answer)
    assert "Change the role of <bdi>Bob Marlowe</bdi>" in text(answer)
    client.post(BY_PASSWORD, {"password": PASSWORD, "next": path})
    assert Membership.objects.get(user=cast.bob).role == Role.ADMIN


def test_without_an_act_the_page_is_general(cast: Cast) -> None:
    client = stale(cast.alice)
    client.get(of(cast.application, "secret_reset"))
    for page in (BY_PASSWORD, f"{BY_PASSWORD}?next=/panel/you/"):
        assert "What you are about to do matters." in text(client.get(page))
        assert "Reset the secret" not in text(client.get(page))


def test_two_tabs_are_told_apart_and_a_long_list_is_not_kept(cast: Cast) -> None:
    client = stale(cast.alice)
    reset, delete = of(cast.application, "secret_reset"), of(cast.application, "application_delete")
    client.get(reset)
    client.get(delete)
    assert "Reset the secret" in text(client.get(f"{BY_PASSWORD}?next={reset}"))
    assert "Delete <bdi>" in text(client.get(f"{BY_PASSWORD}?next={delete}"))
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "panel:own_email", "mfa_view_recovery_codes"):
        client.get(reverse(name))
    assert "Reset the secret" not in text(client.get(f"{BY_PASSWORD}?next={reset}"))


def test_a_form_that_another_tab_replaced_is_not_done_and_the_page_says_so(cast: Cast) -> None:
    client, path, other = stale(cast.alice), of_bob("member_role")(cast), in_account("api_key_new")(cast)
    client.post(path, {"role": "admin"})
    client.post(other, {"name": "CRM", "reach": "chosen", "scopes": ["sms"]})
    client.post(BY_PASSWORD, {"password": PASSWORD, "next": other})
    assert cast.account.api_keys.filter(name="CRM").exists()
    answer = client.post(BY_PASSWORD, {"password": PASSWORD, "next": path}, follow=True)
    assert "Nothing was changed. Send the form again." in text(answer)
    assert Membership.objects.get(user=cast.bob).role == Role.VIEWER


def test_a_name_is_no_markup(cast: Cast) -> None:
    cast.account.applications.update(name="<img src=x> {name} {0}")
    client, path = stale(cast.alice), of(cast.application, "secret_reset")
    page = client.get(path, follow=True).content.decode()
    assert "&lt;img src=x&gt; {name} {0}" in page


FRESH = ["mfa_activate_totp", "mfa_add_webauthn", "panel:own_email"]


@pytest.mark.parametrize("name", FRESH)
def test_signing_in_is_fresh_for_15_minutes_on_the_librarys_pages_too(cast: Cast, name: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = Client(headers={"Host": "localhost"})
        client.post("/panel/sign-in/", {"login": cast.alice.email, "password": PASSWORD})
        clock.shift(LATER - 2)
        assert client.get(reverse(name)).status_code == 200
        clock.shift(2)
        assert client.get(reverse(name))["Location"].startswith(BY_PASSWORD)
        client.post(BY_PASSWORD, {"password": PASSWORD})
        clock.shift(LATER - 2)
        assert client.get(reverse(name)).status_code == 200


def test_a_visitor_signs_in_first_and_is_asked_for_nothing_else(cast: Cast) -> None:
    for name in FRESH:
        assert (
            Client(headers={"Host": "localhost"}).get(reverse(name))["Location"].startswith("/panel/sign-in/")
        )
