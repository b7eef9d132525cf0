"""Members: the list, roles, removing and leaving; what each may do holds at the very next request."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from applications.errors import AccessDenied, LastOwner, NotFound
from applications.models import Account, AuditEvent, Membership, User
from applications.models.audit import ActorKind
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.members import change_role, leave_account, remove_member
from tests.cast import Cast
from tests.factories import PASSWORD, make_member, make_user
from tests.panel.pages import text


def url(account: Account, name: str = "members", *rest: int) -> str:
    return reverse(f"panel:{name}", args=[account.pk, *rest])


def of(user: User, account: Account) -> Membership:
    return Membership.objects.get(user=user, account=account)


def confirm(client: Client) -> Client:
    """Give the password again, as is asked for before roles change."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.fixture
def owner(alice: Client) -> Client:
    return confirm(alice)


def test_the_list_says_who_is_here_with_which_role_and_second_factor(owner: Client, cast: Cast) -> None:
    Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.WEBAUTHN, data={})
    User.objects.filter(pk=cast.ada.pk).update(last_login=now(), name="עדה 🚚")
    page = text(owner.get(url(cast.account)))
    for words in (
        "Alice Marlowe",
        "<bdi>עדה 🚚</bdi>",
        "bob@marlowe.example",
        "Passkey",
        "Password only",
        "(you)",
    ):
        assert words in page
    assert "charlie" not in page
    assert re.search(r"Bob Marlowe.*?Never", page), "who never signed in"


def test_the_list_costs_as_many_queries_for_many_as_for_few(owner: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            owner.get(url(cast.account))
        return len(captured.captured_queries)

    owner.get(url(cast.account))
    few = queries()
    for number in range(20):
        make_member(cast.account, make_user(f"member{number}@marlowe.example"))
    assert queries() == few


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_only_an_owner_is_offered_to_change_members(who: str, cast: Cast, signed_in: Any) -> None:
    client = signed_in(getattr(cast, who))
    page = text(client.get(url(cast.account)))
    assert "Invite member" not in page
    assert "<select" not in page
    bob = of(cast.bob, cast.account)
    assert client.post(url(cast.account, "member_role", bob.pk), {"role": "owner"}).status_code == 403
    assert client.post(url(cast.account, "member_remove", bob.pk)).status_code == 403
    assert client.post(url(cast.account, "member_invite"), {"email": "x@x.example"}).status_code == 403


def test_a_role_changed_holds_at_the_next_request_in_every_session(
    owner: Client, cast: Cast, signed_in: Any
) -> None:
    sessions = [confirm(signed_in(cast.ada)) for _number in range(2)]
    new = url(cast.account, "api_key_new")
    assert [session.get(new).status_code for session in sessions] == [200, 200]
    ada = of(cast.ada, cast.account)
    page = text(owner.post(url(cast.account, "member_role", ada.pk), {"role": "viewer"}, follow=True))
    assert "Ada Marlowe is Viewer now" in page
    assert [session.get(new).status_code for session in sessions] == [403, 403]
    event = AuditEvent.objects.filter(account=cast.account).first()
    assert event is not None
    assert (event.action, event.target) == ("member:change", "ada@marlowe.example")
    assert event.details == {"role": ["admin", "viewer"]}


def test_a_member_removed_while_sending_a_form_changes_nothing(
    owner: Client, cast: Cast, signed_in: Any
) -> None:
    session = confirm(signed_in(cast.ada))
    assert session.get(url(cast.account, "account_settings")).status_code == 200
    owner.post(url(cast.account, "member_remove", of(cast.ada, cast.account).pk))
    form = {"name": "Ada's", "timezone": "UTC", "default_lifetime": "1 day", "revision": 0}
    assert session.post(url(cast.account, "account_settings"), form).status_code == 404
    assert session.get(url(cast.account)).status_code == 404
    cast.account.refresh_from_db()
    assert cast.account.name == "Marlowe Logistics"


def test_removing_says_what_stays_and_asks_first(owner: Client, cast: Cast) -> None:
    address = url(cast.account, "member_remove", of(cast.ada, cast.account).pk)
    page = text(owner.get(address))
    assert "Remove <bdi>Ada Marlowe</bdi> from <bdi>Marlowe Logistics</bdi>?" in page
    assert "API keys created that work" in page
    assert "Ada Marlowe was removed" in text(owner.post(address, follow=True))
    assert owner.post(address).status_code == 404


def test_the_password_is_asked_for_when_it_was_given_long_ago(alice: Client, cast: Cast) -> None:
    bob = of(cast.bob, cast.account)
    response = alice.post(url(cast.account, "member_role", bob.pk), {"role": "owner"})
    assert response.status_code == 302
    assert "confirm" in response["Location"]
    bob.refresh_from_db()
    assert bob.role == Role.VIEWER


@pytest.mark.parametrize("role", ["", "boss"])
def test_a_role_that_there_is_not_changes_nothing(owner: Client, cast: Cast, role: str) -> None:
    bob = of(cast.bob, cast.account)
    page = text(owner.post(url(cast.account, "member_role", bob.pk), {"role": role}, follow=True))
    assert "Nothing was changed" in page


def test_a_strangers_membership_is_not_found_under_ones_own_account(owner: Client, cast: Cast) -> None:
    his = of(cast.charlie, cast.elsewhere)
    assert owner.post(url(cast.account, "member_remove", his.pk)).status_code == 404
    assert owner.post(url(cast.account, "member_role", his.pk), {"role": "viewer"}).status_code == 404


def test_the_last_owner_cannot_leave_be_demoted_or_removed(owner: Client, cast: Cast) -> None:
    alice = of(cast.alice, cast.account)
    for name, fields in (("member_role", {"role": "admin"}), ("member_remove", {})):
        page = text(owner.post(url(cast.account, name, alice.pk), fields, follow=True))
        assert "Alice Marlowe is the last owner" in page
    assert "is the last owner" in text(owner.post(url(cast.account, "member_leave"), follow=True))
    alice.refresh_from_db()
    assert alice.role == Role.OWNER


def test_an_owner_who_cannot_sign_in_is_no_other_owner(cast: Cast) -> None:
    gone = make_user("gone@marlowe.example")
    make_member(cast.account, gone, Role.OWNER)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    actor = Actor(ActorKind.USER, cast.alice.email)
    with pytest.raises(LastOwner):
        leave_account(membership=of(cast.alice, cast.account), actor=actor)


def test_everyone_else_may_leave_and_is_out_at_once(bob: Client, cast: Cast) -> None:
    assert "Leave <bdi>Marlowe Logistics</bdi>?" in text(bob.get(url(cast.account, "member_leave")))
    page = text(bob.post(url(cast.account, "member_leave"), follow=True))
    assert "You left Marlowe Logistics." in page
    assert bob.get(url(cast.account)).status_code == 404
    event = AuditEvent.objects.filter(account=cast.account).first()
    assert event is not None
    assert (event.action, event.actor) == ("member:leave", "bob@marlowe.example")


def test_the_operations_themselves_ask_who_acts(cast: Cast) -> None:
    bob, ada = of(cast.bob, cast.account), Actor(ActorKind.USER, cast.ada.email)
    for act in (
        lambda: change_role(membership=bob, role=Role.OWNER, actor=ada),
        lambda: remove_member(membership=bob, actor=ada),
        lambda: leave_account(membership=bob, actor=ada),
    ):
        with pytest.raises(AccessDenied):
            act()
    owner = Actor(ActorKind.USER, cast.alice.email)
    remove_member(membership=bob, actor=owner)
    with pytest.raises(NotFound):
        change_role(membership=bob, role=Role.ADMIN, actor=owner)
