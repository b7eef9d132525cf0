"""Settings of the account: saved whole or not at all, seen by all, and what each of them does."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from applications.errors import AccessDenied, InvalidParam
from applications.models import Account, AuditEvent, Membership, User
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.operations.accounts import update_account
from applications.operations.actors import Actor
from applications.rules.names import ProperName
from applications.rules.time_zones import TimeZone
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text


def url(account: Account, name: str = "account_settings") -> str:
    return reverse(f"panel:{name}", args=[account.pk])


def sent(**changed: Any) -> dict[str, Any]:
    """What the form sends for an account as it is made, with some of it changed."""
    stored = {
        "name": "Marlowe Logistics",
        "timezone": "Europe/Warsaw",
        "default_lifetime": "1 day",
        "stops_found_secrets": "on",
        "revision": 0,
    }
    return stored | changed


def set_up_second_factor(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})


def test_an_admin_changes_name_zone_and_lifetime(ada: Client, account: Account) -> None:
    assert 'value="Europe/Warsaw"' in ada.get(url(account)).content.decode()
    changes = sent(name=" Marlowe & Sons ", timezone="new york", default_lifetime="1 week")
    page = text(ada.post(url(account), changes, follow=True))
    assert "The settings were saved." in page
    account.refresh_from_db()
    assert (account.name, account.timezone, account.default_lifetime) == (
        "Marlowe & Sons",
        "America/New_York",
        "1 week",
    )
    event = AuditEvent.objects.filter(account=account).first()
    assert event is not None
    assert (event.action, event.actor) == ("account:change", "ada@marlowe.example")
    assert event.details == {
        "name": ["Marlowe Logistics", "Marlowe & Sons"],
        "timezone": ["Europe/Warsaw", "America/New_York"],
        "default_lifetime": ["1 day", "1 week"],
    }


def test_new_applications_begin_with_the_accounts_lifetime(alice: Client, account: Account) -> None:
    alice.post(url(account), sent(default_lifetime="1 week"))
    alice.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = alice.get(url(account, "application_new"))
    assert page.context["form"]["lifetime"].value() == "1 week"


def test_saving_what_is_stored_already_changes_nothing(alice: Client, account: Account) -> None:
    before = AuditEvent.objects.count()
    assert "Nothing was changed." in text(alice.post(url(account), sent(), follow=True))
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": " "}, "Write a name."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\u202eb"}, "U+202E cannot be seen"),
        ({"name": "a\x85b"}, "A name is one line"),
        ({"timezone": "Mars/Base"}, "such as Europe/Warsaw"),
        ({"timezone": ""}, "such as Europe/Warsaw"),
        ({"default_lifetime": "2 days"}, "not one of the available choices"),
        ({"revision": ""}, "required"),
        ({"requires_second_factor": "on"}, "Set up a second factor of your own first"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_is_refused_whole(
    alice: Client, account: Account, changed: dict[str, Any], says: str
) -> None:
    response = alice.post(url(account), sent(name="Other") | changed)
    assert response.status_code == 422
    assert says in text(response)
    account.refresh_from_db()
    assert (account.name, account.revision) == ("Marlowe Logistics", 0)


def test_of_two_admins_at_once_the_second_is_shown_what_the_first_saved(
    alice: Client, ada: Client, account: Account
) -> None:
    alice.post(url(account), sent(name="Alice's"))
    response = ada.post(url(account), sent(name="Ada's"))
    assert response.status_code == 409
    page = text(response)
    assert "Somebody else changed these settings while you did" in page
    assert "Alice's" in page
    assert 'value="Ada\'s"' in page
    assert "The settings were saved." in text(
        ada.post(url(account), sent(name="Ada's", revision=1), follow=True)
    )


def test_a_viewer_reads_and_saves_nothing(bob: Client, account: Account) -> None:
    page = text(bob.get(url(account)))
    assert "Europe/Warsaw" in page
    assert "<form class=" not in page
    assert bob.post(url(account), sent(name="Bob's")).status_code == 403


def test_the_operation_itself_refuses_a_viewer_and_an_owner_without_a_second_factor(cast: Cast) -> None:
    def change(who: User) -> None:
        update_account(
            account=cast.account,
            name=ProperName("Other"),
            timezone=TimeZone("UTC"),
            requires_second_factor=True,
            default_lifetime=Lifetime.DAY,
            actor=Actor(ActorKind.USER, who.email),
        )

    for who, error in ((cast.bob, AccessDenied), (cast.charlie, AccessDenied), (cast.alice, InvalidParam)):
        with pytest.raises(error):
            change(who)
    cast.account.refresh_from_db()
    assert cast.account.name == "Marlowe Logistics"


def test_with_the_rule_a_member_without_a_second_factor_is_told_why(
    alice: Client, ada: Client, cast: Cast
) -> None:
    set_up_second_factor(cast.alice)
    assert "2 of 3 members have none" in text(alice.get(url(cast.account)))
    alice.post(url(cast.account), sent(requires_second_factor="on"))
    refused = ada.get(url(cast.account, "applications"))
    assert refused.status_code == 403
    assert "Marlowe Logistics asks every member for a second factor" in text(refused).replace(
        "<bdi>", ""
    ).replace("</bdi>", "")
    assert reverse("mfa_index") in text(refused)
    assert ada.get(reverse("mfa_index")).status_code == 200
    assert ada.get("/panel/", follow=True).status_code == 403
    assert alice.get(url(cast.account, "applications")).status_code == 200
    set_up_second_factor(cast.ada)
    assert ada.get(url(cast.account, "applications")).status_code == 200
    Membership.objects.create(account=cast.elsewhere, user=cast.bob)
    other = Client()
    other.force_login(cast.bob)
    assert other.get(url(cast.elsewhere, "applications")).status_code == 200, (
        "another account has its own rule"
    )


def test_ending_the_rule_asks_for_the_password_again(alice: Client, cast: Cast) -> None:
    set_up_second_factor(cast.alice)
    alice.post(url(cast.account), sent(requires_second_factor="on"))
    response = alice.post(url(cast.account), sent(revision=1))
    assert response.status_code == 302
    assert reverse("mfa_reauthenticate") in response["Location"] or "confirm" in response["Location"]
    cast.account.refresh_from_db()
    assert cast.account.requires_second_factor
