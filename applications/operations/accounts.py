"""Accounts and their first owner."""

from django.db import transaction

from applications.models import Account, Membership, User
from applications.models.audit import Action
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_operator
from applications.operations.rows import check_row
from applications.rules.emails import EmailAddress
from applications.rules.names import Name


@transaction.atomic
def create_account(
    *,
    name: Name,
    owner_email: EmailAddress,
    owner_password: str | None,
    actor: Actor,
    timezone: str = "UTC",
    owner_name: Name | None = None,
) -> Account:
    """Return a new account with its owner, who is made unless the email is known already.

    A known owner keeps their password. Raises InvalidParam for a name, zone or email that cannot be.
    """
    check_operator(actor)
    account, email = Account(name=Name(name), timezone=timezone), EmailAddress(owner_email)
    check_row(account)
    account.save()
    owner = User.objects.filter(email=email).first() or _new_owner(
        email, Name(owner_name or ""), owner_password
    )
    Membership.objects.create(account=account, user=owner, role=Role.OWNER)
    record(actor, account, Action.ACCOUNT_CREATED, target=account.name, details={"owner": owner.email})
    return account


def _new_owner(email: EmailAddress, name: Name, password: str | None) -> User:
    owner = User(email=email, name=name)
    owner.set_password(password)
    owner.save()
    return owner
