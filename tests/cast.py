"""The people of the tests. Alice owns the account, Ada administers it, Bob looks on, Charlie is a stranger.

Charlie owns an account of his own, so that he is signed in like anyone and a stranger only to Alice's.
"""

from dataclasses import dataclass

from applications.models import Account, Application, User
from applications.models.memberships import Role
from tests.factories import make_account, make_application, make_member, make_user


@dataclass(frozen=True)
class Cast:
    """Two accounts with one application each, and the people around them."""

    account: Account
    application: Application
    secret: str
    alice: User
    ada: User
    bob: User
    charlie: User
    elsewhere: Account
    his: Application


def make_cast() -> Cast:
    """Return everybody, stored; each signs in with tests.factories.PASSWORD."""
    account = make_account()
    application, secret = make_application(account)
    elsewhere = make_account("Elsewhere", "charlie@elsewhere.example", "Charlie Elsewhere")
    make_member(account, make_user("ada@marlowe.example", "Ada Marlowe"), Role.ADMIN)
    make_member(account, make_user("bob@marlowe.example", "Bob Marlowe"), Role.VIEWER)
    for each in (account, elsewhere):  # all have been there before
        each.members.update(last_account=each)
    return Cast(
        account=account,
        application=application,
        secret=secret,
        alice=account.members.get(email="alice@marlowe.example"),
        ada=account.members.get(email="ada@marlowe.example"),
        bob=account.members.get(email="bob@marlowe.example"),
        charlie=elsewhere.members.get(),
        elsewhere=elsewhere,
        his=make_application(elsewhere, name="Not yours")[0],
    )
