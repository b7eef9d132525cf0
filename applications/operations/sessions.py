"""Sessions that a person ends from another one."""

from collections.abc import Collection

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from applications.models import User
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.locks import lock_person
from applications.operations.sign_ins import record_of_person


@transaction.atomic
def end_sessions(*, person: User, sessions: Collection[UserSession], actor: Actor) -> int:
    """End those that are the person's own and still there, before their next request; return how many they were.

    Raises AccessDenied for somebody else's, NotFound for a person who is gone.
    """
    person = lock_person(person, actor)
    keys = {session.session_key for session in sessions if session.user_id == person.pk}
    ended: int = Session.objects.filter(session_key__in=keys).delete()[0]
    UserSession.objects.filter(user=person, session_key__in=keys).delete()
    if ended:
        details = {"number": ended}
        record_of_person(person=person, action=Action.SESSION_ENDED, actor=actor, details=details)
    return ended
