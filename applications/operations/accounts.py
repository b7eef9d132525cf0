"""Accounts and their first owner."""

from django.core.exceptions import ValidationError
from django.db import transaction

from applications.errors import InvalidParam
from applications.models import Account, Membership, User
from applications.models.audit import Action
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.audit import record


@transaction.atomic
def create_account(
    *,
    name: str,
    owner_email: str,
    owner_password: str | None,
    actor: Actor,
    timezone: str = "UTC",
    owner_name: str = "",
) -> Account:
    """Return a new account with its owner, who is made unless the email is known already.

    A known owner keeps their password. Raises InvalidParam for a name, zone or email that cannot be.
    """
    account = Account(name=name.strip(), timezone=timezone)
    owner = User.objects.filter(email=owner_email.strip().lower()).first()
    if owner is None:
        owner = User(email=owner_email.strip().lower(), name=owner_name)
        owner.set_password(owner_password)
    for thing in (account, owner):
        _check(thing)
        thing.save()
    Membership.objects.create(account=account, user=owner, role=Role.OWNER)
    record(actor, account, Action.ACCOUNT_CREATED, target=account.name, details={"owner": owner.email})
    return account


def _check(thing: Account | User) -> None:
    try:
        thing.full_clean(validate_unique=False)
    except ValidationError as error:
        param, messages = next(iter(error.message_dict.items()))
        raise InvalidParam(param, messages[0]) from None
