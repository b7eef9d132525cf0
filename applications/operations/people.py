"""What people change about themselves: their name, and when they are reminded of a second factor."""

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from applications.models import User
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.locks import lock_person
from applications.operations.second_factors import has_second_factor
from applications.operations.sign_ins import record_of_person
from applications.rules.names import ProperName

REMIND_AFTER = timedelta(days=90)  # since "Not now"


@transaction.atomic
def rename_person(*, person: User, name: ProperName, actor: Actor) -> bool:
    """Change the person's name; return whether it differs from before. Raises NotFound, AccessDenied."""
    person, name = lock_person(person, actor), ProperName(name)
    before = person.name
    if name == before:
        return False
    person.name = name
    person.save(update_fields=["name"])
    details = {"name": [before, str(name)]}
    record_of_person(person=person, action=Action.PERSON_RENAMED, actor=actor, details=details)
    return True


def is_reminded_of_second_factor(person: User) -> bool:
    """Whether an owner is to be reminded to set one up: without one, and not put off in the last 90 days."""
    later = person.second_factor_later_at
    return (later is None or later <= now() - REMIND_AFTER) and not has_second_factor(person)


def put_off_second_factor(person: User) -> None:
    """Remind this person no more for 90 days. It changes nothing that guards the account, so it leaves no row."""
    User.objects.filter(pk=person.pk).update(second_factor_later_at=now())
