"""Members changed by two at once, with real threads: an account keeps an owner, an invitation works once."""

import pytest

from applications.errors import AccessDenied, Conflict, LastOwner, LimitReached, NotFound
from applications.models import Account, Invitation, Membership, User
from applications.models.audit import ActorKind
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR, Actor
from applications.operations.invitations import (
    accept_invitation,
    accept_invitation_as_new,
    invite_member,
)
from applications.operations.members import change_role, leave_account, remove_member
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName
from tests.factories import make_account, make_member, make_user
from tests.operations.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def as_member(user: User) -> Actor:
    return Actor(ActorKind.USER, user.email)


def two_owners() -> tuple[Account, Membership, Membership]:
    account = make_account("Demo")
    make_member(account, make_user("bea@demo.example"), Role.OWNER)
    alice, bea = account.memberships.select_related("user", "account").order_by("pk")
    return account, alice, bea


def demote(member: Membership, by: Membership) -> object:
    return change_role(membership=member, role=Role.VIEWER, actor=as_member(by.user))


@pytest.mark.parametrize("attempt", range(3))
def test_two_owners_who_end_each_other_at_once_leave_one(attempt: int) -> None:
    account, alice, bea = two_owners()
    acts = [
        (lambda: demote(bea, alice), lambda: demote(alice, bea)),
        (
            lambda: remove_member(membership=bea, actor=as_member(alice.user)),
            lambda: demote(alice, bea),
        ),
        (
            lambda: leave_account(membership=alice, actor=as_member(alice.user)),
            lambda: leave_account(membership=bea, actor=as_member(bea.user)),
        ),
    ][attempt]
    results = at_once(*acts)
    assert sum(isinstance(result, AccessDenied | LastOwner) for result in results) == 1
    assert Membership.objects.owners().filter(account=account).count() == 1


def test_one_link_opened_twice_at_once_makes_one_person() -> None:
    account = make_account("Demo")
    _invitation, value = invite_member(
        account=account, email=EmailAddress("dora@demo.example"), role=Role.ADMIN, actor=OPERATOR
    )

    def join() -> object:
        return accept_invitation_as_new(
            value=value, name=ProperName("Dora"), password="a dull and long password", actor=OPERATOR
        )

    results = at_once(join, join, join)
    assert sum(isinstance(result, Membership) for result in results) == 1
    assert sum(isinstance(result, NotFound | Conflict) for result in results) == 2
    assert User.objects.filter(email="dora@demo.example").count() == 1


def test_one_person_who_joins_twice_at_once_is_one_member() -> None:
    account, user = make_account("Demo"), make_user("dora@demo.example")
    _invitation, value = invite_member(
        account=account, email=EmailAddress(user.email), role=Role.ADMIN, actor=OPERATOR
    )

    def join() -> object:
        return accept_invitation(value=value, user=user, actor=as_member(user))

    results = at_once(join, join)
    assert sum(isinstance(result, NotFound) for result in results) == 1
    assert Membership.objects.filter(account=account, user=user).count() == 1


def test_two_who_invite_at_once_invite_once_and_not_too_many(settings: pytest.FixtureRequest) -> None:
    account = make_account("Demo")
    settings.INVITATIONS_PER_ACCOUNT = 3  # type: ignore[attr-defined]  # pytest-django's settings

    def invite(address: str) -> object:
        return invite_member(account=account, email=EmailAddress(address), role=Role.VIEWER, actor=OPERATOR)

    results = at_once(*[lambda: invite("dora@demo.example")] * 3)
    assert sum(isinstance(result, Conflict) for result in results) == 2
    results = at_once(*[lambda number=number: invite(f"{number}@demo.example") for number in range(4)])
    assert sum(isinstance(result, LimitReached) for result in results) == 2
    assert Invitation.objects.count() == 3
