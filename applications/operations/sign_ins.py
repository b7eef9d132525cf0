"""What people do to sign in, in the audit log of every account that they are in."""

from typing import Any

from django.db import transaction

from applications.models import Account, User
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.news import PERSONAL, tell_person


@transaction.atomic
def record_of_person(
    *, person: User, action: Action, actor: Actor, details: dict[str, Any], device: str = ""
) -> None:
    """Append a row about `person` to the chain of each of their accounts, and mail them what guards their sign-in.

    The operator's chain has it too for staff, and for people who are in no account: nothing is left out. `device` is
    the User-Agent of a browser that they have not signed in with before; they are told of that as well.
    """
    theirs = Account.objects.filter(memberships__user=person).values("pk")
    # Sorted, so that two processes cannot deadlock. No permission is asked: to sign in changes nothing of an account.
    locked = Account.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk")
    accounts: list[Account | None] = list(locked)
    if person.is_staff or not accounts:
        accounts.append(None)
    for account in accounts:
        record(actor, account, action, target=str(person), details=details)
    if device or action in PERSONAL:
        tell_person(person, action, by=actor, device=device)
