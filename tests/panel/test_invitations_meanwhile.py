"""Invitations that change between the look at them and the write: said on the page, nothing done twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from applications.errors import Conflict, NotFound
from applications.models import Account, Invitation, Membership, User
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.invitations import (
    accept_invitation,
    accept_invitation_as_new,
    invite_member,
    send_invitation_again,
    withdraw_invitation,
)
from applications.rules.emails import EmailAddress
from tests.cast import Cast
from tests.factories import PASSWORD, make_member, make_user
from tests.panel.pages import text

DORA = "dora@marlowe.example"
NEW = {"name": "Dora Marlowe", "password": "a dull and long password"}


def invited(account: Account) -> tuple[Invitation, str]:
    return invite_member(account=account, email=EmailAddress(DORA), role=Role.ADMIN, actor=OPERATOR)


def url(account: Account, name: str, *rest: int) -> str:
    return reverse(f"panel:{name}", args=[account.pk, *rest])


@pytest.fixture
def owner(alice: Client) -> Client:
    alice.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return alice


def before(
    monkeypatch: pytest.MonkeyPatch, view: str, operation: Callable[..., Any], change: Callable[[], object]
) -> None:
    """Let `change` happen between what the view read and what the operation does."""

    def meanwhile(**arguments: Any) -> Any:
        change()
        return operation(**arguments)

    monkeypatch.setattr(f"applications.panel.views.{view}.{operation.__name__}", meanwhile)


# --- The owner ----------------------------------------------------------------------------------


def test_who_is_no_owner_any_more_neither_invites_nor_sends_again_nor_withdraws(
    owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation, _value = invited(cast.account)
    refused: tuple[tuple[Callable[..., Any], str, dict[str, str]], ...] = (
        (
            invite_member,
            url(cast.account, "member_invite"),
            {"email": "eva@marlowe.example", "role": "viewer"},
        ),
        (send_invitation_again, url(cast.account, "invitation_send", invitation.pk), {}),
        (withdraw_invitation, url(cast.account, "invitation_withdraw", invitation.pk), {}),
    )
    of_alice = Membership.objects.filter(account=cast.account, user=cast.alice)
    for operation, address, sent in refused:
        before(monkeypatch, "invitations", operation, lambda: of_alice.update(role=Role.VIEWER))
        of_alice.update(role=Role.OWNER)
        assert owner.post(address, sent).status_code == 403
    assert list(Invitation.objects.all()) == [invitation]
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None


@pytest.mark.parametrize(
    ("operation", "name"),
    [(send_invitation_again, "invitation_send"), (withdraw_invitation, "invitation_withdraw")],
)
def test_one_that_was_withdrawn_meanwhile_is_said_to_be(
    owner: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, operation: Callable[..., Any], name: str
) -> None:
    invitation, value = invited(cast.account)
    other, _value = invited(cast.elsewhere)
    before(
        monkeypatch,
        "invitations",
        operation,
        lambda: Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=now()),
    )
    page = text(owner.post(url(cast.account, name, invitation.pk), follow=True))
    assert "This invitation was accepted or withdrawn already." in page
    assert Client().get(reverse("panel:invitation", args=[value])).status_code == 410
    assert other in Invitation.objects.open()


# --- Whom it is for -----------------------------------------------------------------------------


def test_one_that_was_withdrawn_while_the_page_was_open_joins_nobody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation, value = invited(cast.account)

    def withdraw() -> None:
        if invitation in Invitation.objects.open():
            withdraw_invitation(invitation=invitation, actor=OPERATOR)

    before(monkeypatch, "joining", accept_invitation_as_new, withdraw)
    response = Client().post(reverse("panel:invitation_accept", args=[value]), NEW)
    assert response.status_code == 410
    assert not User.objects.filter(email=DORA).exists()


def test_a_known_person_whose_invitation_ended_meanwhile_joins_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation, value = invited(cast.account)
    dora = Client()
    dora.force_login(make_user(DORA))
    before(
        monkeypatch,
        "joining",
        accept_invitation,
        lambda: withdraw_invitation(invitation=invitation, actor=OPERATOR),
    )
    assert dora.post(reverse("panel:invitation_accept", args=[value])).status_code == 410
    assert not Membership.objects.filter(user__email=DORA).exists()


def test_who_was_added_by_the_operator_meanwhile_is_not_added_twice(cast: Cast) -> None:
    _invitation, value = invited(cast.account)
    dora = make_member(cast.account, make_user(DORA), Role.VIEWER)
    with pytest.raises(Conflict, match="a member of this account already"):
        accept_invitation(value=value, user=dora, actor=OPERATOR)
    assert Membership.objects.get(user=dora).role == Role.VIEWER


@pytest.mark.parametrize("value", ["0" * 40, "", "nothing"])
def test_a_link_that_never_was_joins_nobody(cast: Cast, value: str) -> None:
    with pytest.raises(NotFound, match="does not work any more"):
        accept_invitation(value=value, user=cast.charlie, actor=OPERATOR)


def test_a_person_who_was_made_meanwhile_is_asked_to_sign_in(cast: Cast) -> None:
    _invitation, value = invited(cast.account)
    make_user(DORA)
    response = Client().post(reverse("panel:invitation_accept", args=[value]), NEW)
    assert response.status_code == 200
    assert "Sign in" in text(response)
    assert not Membership.objects.filter(user__email=DORA).exists()


@pytest.mark.parametrize("name", ["", "a\u202eb"])
def test_a_name_that_cannot_be_one_is_told_and_the_invitation_stays_open(cast: Cast, name: str) -> None:
    invitation, value = invited(cast.account)
    response = Client().post(reverse("panel:invitation_accept", args=[value]), NEW | {"name": name})
    assert response.status_code == 422
    assert invitation in Invitation.objects.open()
    assert not User.objects.filter(email=DORA).exists()
