"""What people do to sign in, in the audit log of every account that they are in."""

from typing import Any

from django.db import transaction

from applications.models import Account, User
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record


@transaction.atomic
def record_of_person(*, person: User, action: Action, actor: Actor, details: dict[str, Any]) -> None:
    """Append a row about `person` to the chain of each of their accounts.

    The operator's chain has it too for staff, and for people who are in no account: nothing is left out.
    """
    theirs = Account.objects.filter(memberships__user=person).values("pk")
    # Sorted, so that two processes cannot deadlock. No permission is asked: to sign in changes nothing of an account.
    locked = Account.objects.select_for_update().filter(pk__in=theirs).order_by("pk")
    accounts: list[Account | None] = list(locked)
    if person.is_staff or not accounts:
        accounts.append(None)
    for account in accounts:
        record(actor, account, action, target=str(person), details=details)
