"""Changing one's email: nothing changes before both addresses have confirmed (docs/decisions/0024).

Whether somebody else has the new address is told to nobody but to whoever reads the mail sent there.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress as LibraryEmail
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, LimitReached, NotFound
from applications.models import (
    AllowedIP,
    APIKey,
    Application,
    ApplicationSecret,
    EmailChange,
    Invitation,
    ResourceServer,
    User,
)
from applications.models.audit import Action
from applications.models.email_changes import WORKS_FOR
from applications.operations.actors import Actor
from applications.operations.locks import lock_person
from applications.operations.mails import send_on_commit
from applications.operations.sign_ins import record_of_person
from applications.operations.sweeping import sweep_rows
from applications.rules.credentials import digest, new_credential
from applications.rules.emails import EmailAddress

DAY = timedelta(days=1)
MADE_BY_PEOPLE = (AllowedIP, APIKey, Application, ApplicationSecret, Invitation, ResourceServer)
MOST_A_DAY = 5  # changes that a person may ask for: each mails an address that may be a stranger's


@transaction.atomic
def ask_for_email_change(*, person: User, email: EmailAddress, actor: Actor) -> EmailChange:
    """Mail a link to the old and one to the new address; an earlier change that waits is withdrawn.

    Raises InvalidParam for the address that the person has, LimitReached for the sixth in 24 hours, NotFound for a
    person who is gone.
    """
    person, email = lock_person(person, actor), EmailAddress(email)
    if email == person.email:
        raise InvalidParam("email", _("This is your email already."))
    if person.email_changes.filter(created_at__gt=now() - DAY).count() >= MOST_A_DAY:
        message = _("You asked for {most} changes in the last 24 hours. Go on tomorrow.")
        raise LimitReached(message.format(most=MOST_A_DAY))
    person.email_changes.pending().update(withdrawn_at=now())
    to_old, to_new = new_credential(), new_credential()
    change = EmailChange.objects.create(
        user=person,
        old_email=person.email,
        new_email=email,
        old_digest=digest(to_old),
        new_digest=digest(to_new),
        expires_at=now() + WORKS_FOR,
    )
    _mail(change, to_old, to_new)
    record_of_person(person=person, action=Action.EMAIL_CHANGE_ASKED, actor=actor, details={})
    return change


@transaction.atomic
def confirm_email_change(*, value: str, actor: Actor) -> EmailChange:
    """Confirm from the address that the link went to; with the second one the change holds. Return it as stored.

    It is withdrawn instead where somebody else has got the new address by now. Raises NotFound when the link does
    not work (any more), Conflict when its address has confirmed already.
    """
    change = _open(value, actor)
    is_old = change.is_for_old(digest(value))
    if change.is_confirmed_by(digest(value)):
        raise Conflict(_("This address has confirmed already."))
    if is_old:
        change.old_confirmed_at = now()
    else:
        change.new_confirmed_at = now()
    change.save(update_fields=["old_confirmed_at", "new_confirmed_at"])
    details = {"confirmed_by": change.old_email if is_old else change.new_email}
    record_of_person(person=change.user, action=Action.EMAIL_CHANGE_CONFIRMED, actor=actor, details=details)
    if change.old_confirmed_at and change.new_confirmed_at:
        _finish(change, actor)
    return change


@transaction.atomic
def refuse_email_change(*, value: str, actor: Actor) -> EmailChange:
    """End a change from one of its addresses; return it as stored. Raises NotFound when the link works no more."""
    change = _open(value, actor)
    _end(change, actor)
    return change


@transaction.atomic
def withdraw_email_change(*, person: User, actor: Actor) -> None:
    """End the change that one's own email waits for. Raises NotFound when there is none."""
    person = lock_person(person, actor)
    change = EmailChange.objects.pending().filter(user=person).first()
    if change is None:
        raise NotFound(_("No change of your email is waiting."))
    change.user = person
    _end(change, actor)


def purge_email_changes() -> int:
    """Delete the changes that ended 30 days ago; return how many."""
    return sweep_rows(EmailChange.objects.forgotten())


def found_by_link(value: str) -> EmailChange | None:
    """Return the change that a link is of, whatever became of it."""
    is_its = Q(old_digest=digest(value)) | Q(new_digest=digest(value))
    return EmailChange.objects.select_related("user").filter(is_its).first()


def _open(value: str, actor: Actor) -> EmailChange:
    """Return the change of a link that works, under the lock of its person; NotFound."""
    if found := found_by_link(value):
        person = lock_person(found.user, actor)
        found = EmailChange.objects.open().filter(pk=found.pk, old_email=person.email).first()
        if found:
            found.user = person
    if found is None:
        raise NotFound(_("This link does not work any more."))
    return found


def _mail(change: EmailChange, to_old: str, to_new: str) -> None:
    context = {"change": change, "person": str(change.user), "hours": WORKS_FOR // timedelta(hours=1)}
    send_on_commit("email_change_old", change.old_email, {**context, "value": to_old})
    is_taken = User.objects.filter(email=change.new_email).exists()
    template = "email_change_taken" if is_taken else "email_change_new"
    send_on_commit(template, change.new_email, {**context, "value": to_new})


def _finish(change: EmailChange, actor: Actor) -> None:
    person = change.user
    person.email = change.new_email
    try:
        with transaction.atomic():
            person.save(update_fields=["email"])
    except IntegrityError:  # somebody else has got the address since the mails were sent
        person.email = change.old_email
        _end(change, actor)
        return
    # The library would go on mailing links for a new password to an address in its own table.
    LibraryEmail.objects.filter(user=person).delete()
    for model in MADE_BY_PEOPLE:
        model._default_manager.filter(created_by=change.old_email).update(created_by=change.new_email)
    change.done_at = now()
    change.save(update_fields=["done_at"])
    details = {"email": [change.old_email, change.new_email]}
    record_of_person(person=person, action=Action.EMAIL_CHANGED, actor=actor, details=details)
    for email in (change.old_email, change.new_email):
        send_on_commit("email_changed", email, {"change": change, "to": email})


def _end(change: EmailChange, actor: Actor) -> None:
    change.withdrawn_at = now()
    change.save(update_fields=["withdrawn_at"])
    record_of_person(person=change.user, action=Action.EMAIL_CHANGE_ENDED, actor=actor, details={})
