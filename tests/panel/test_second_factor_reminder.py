"""Owners without a second factor are reminded of it, gently; and who needs one can go to another account."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from applications.models import Account, User
from applications.models.memberships import Role
from tests.cast import Cast
from tests.factories import make_member
from tests.panel.pages import text

REMINDER = "Your password alone opens this account"
NOON = "2026-11-26 12:00:00Z"


def applications(account: Account) -> str:
    return reverse("panel:applications", args=[account.pk])


def later(account: Account) -> str:
    return reverse("panel:second_factor_later", args=[account.pk])


def test_an_owner_is_reminded_and_nobody_else(alice: Client, ada: Client, bob: Client, cast: Cast) -> None:
    shown = [REMINDER in text(client.get(applications(cast.account))) for client in (alice, ada, bob)]
    assert shown == [True, False, False]
    assert REMINDER not in text(alice.get(reverse("panel:members", args=[cast.account.pk])))


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_an_owner_with_a_second_factor_is_not(alice: Client, cast: Cast, kind: str) -> None:
    Authenticator.objects.create(user=cast.alice, type=kind, data={})
    assert REMINDER not in text(alice.get(applications(cast.account)))


def test_recovery_codes_alone_are_none(alice: Client, cast: Cast) -> None:
    Authenticator.objects.create(user=cast.alice, type="recovery_codes", data={})
    assert REMINDER in text(alice.get(applications(cast.account)))


def test_not_now_holds_for_90_days_in_all_accounts_and_browsers(cast: Cast) -> None:
    make_member(cast.elsewhere, cast.alice, Role.OWNER)
    with time_machine.travel(NOON, tick=False) as clock:
        client = Client()
        client.force_login(cast.alice)
        answer = client.post(later(cast.account))
        assert answer["Location"] == applications(cast.account)
        for moment in (timedelta(), timedelta(days=90) - timedelta(seconds=1)):
            clock.move_to(f"{NOON}")
            clock.shift(moment)
            other = Client()
            other.force_login(cast.alice)
            for account in (cast.account, cast.elsewhere):
                assert REMINDER not in text(other.get(applications(account)))
        clock.shift(1)
        again = Client()
        again.force_login(cast.alice)
        assert REMINDER in text(again.get(applications(cast.account)))


def test_not_now_is_per_person(alice: Client, cast: Cast) -> None:
    ben = User.objects.create_user("ben@marlowe.example", "correct horse battery")
    make_member(cast.account, ben, Role.OWNER)
    alice.post(later(cast.account))
    client = Client()
    client.force_login(ben)
    assert REMINDER in text(client.get(applications(cast.account)))


def test_a_look_at_the_address_dismisses_nothing(alice: Client, cast: Cast) -> None:
    assert alice.get(later(cast.account)).status_code == 405
    assert REMINDER in text(alice.get(applications(cast.account)))


def test_at_a_number_no_passkey_is_advised(alice: Client, cast: Cast) -> None:
    page = text(alice.get(applications(cast.account), headers={"Host": "127.0.0.1"}))
    assert "With an authenticator app, a stolen password" in page
    assert "passkey" not in page


# --- Where one is required -----------------------------------------------------------------------------


def test_who_needs_one_can_go_to_another_account_and_sign_out(alice: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(requires_second_factor=True)
    make_member(cast.elsewhere, cast.alice, Role.VIEWER)
    answer = alice.get(applications(cast.account))
    assert answer.status_code == 403
    page = text(answer)
    assert f'href="{applications(cast.elsewhere)}"' in page
    assert f'href="{applications(cast.account)}"' not in page
    assert reverse("account_logout") in page
    assert alice.get(applications(cast.elsewhere)).status_code == 200


def test_who_is_in_one_account_alone_is_offered_no_other(alice: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(requires_second_factor=True)
    assert "Your other accounts" not in text(alice.get(applications(cast.account)))
