"""Invitations: by an owner or the operator, mailed, sent again, withdrawn, and accepted by whom they are for."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import AccessDenied, Conflict, LimitReached, NotFound
from applications.models import Account, Invitation, Membership, User
from applications.models.audit import Action
from applications.models.invitations import WORKS_FOR
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.locks import lock_members
from applications.operations.mails import send_on_commit
from applications.operations.members import OWNERS, check_no_member, make_member, make_user
from applications.operations.roles import check_role, parse_role
from applications.operations.sweeping import sweep_rows
from applications.rules.credentials import digest, new_credential
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName

PAUSE = timedelta(minutes=1)  # between two mails of one invitation
DAY = timedelta(days=1)


@transaction.atomic
def invite_member(
    *, account: Account, email: EmailAddress, role: Role, actor: Actor
) -> tuple[Invitation, str]:
    """Mail an invitation; return it and the value in its link, which is stored nowhere.

    Raises InvalidParam for a member, Conflict when the address has an invitation that works, LimitReached when the
    account has INVITATIONS_PER_ACCOUNT that work or are of the last 24 hours, AccessDenied for who is not an owner.
    """
    account, email, role = lock_members(account.pk), EmailAddress(email), parse_role(role)
    check_role(actor, account, OWNERS)
    check_no_member(account, email)
    pending = Invitation.objects.pending().filter(account=account, email=email).first()
    if pending and pending.expires_at > now():
        message = _("{email} is invited already. You can send the invitation again from the list.")
        raise Conflict(message.format(email=email))
    _check_number(account)
    invitation = pending or Invitation(account=account, email=email)
    invitation.role, invitation.created_at, invitation.created_by = role, now(), actor.name
    value = _send(invitation, actor)
    record(actor, account, Action.INVITATION_CREATED, target=email, details={"role": str(role)})
    return invitation, value


@transaction.atomic
def send_invitation_again(*, invitation: Invitation, actor: Actor) -> tuple[Invitation, str]:
    """Mail it with a new link that works for 7 days; the link of the mail before stops. Returns as `invite_member`.

    Raises NotFound when it was accepted or withdrawn, LimitReached within a minute of the last mail and where
    `invite_member` does, AccessDenied for who is not an owner.
    """
    account = lock_members(invitation.account_id)
    check_role(actor, account, OWNERS)
    invitation = _pending(invitation)
    if invitation.sent_at > now() - PAUSE:
        message = _("The invitation of {email} was mailed less than a minute ago.")
        raise LimitReached(message.format(email=invitation.email))
    if invitation.expires_at <= now():
        _check_number(account)
    value = _send(invitation, actor)
    record(actor, account, Action.INVITATION_SENT, target=invitation.email)
    return invitation, value


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: Actor) -> None:
    """End an invitation: its link stops. Raises NotFound when it was accepted or withdrawn before, AccessDenied."""
    account = lock_members(invitation.account_id)
    check_role(actor, account, OWNERS)
    invitation = _pending(invitation)
    invitation.withdrawn_at = now()
    invitation.save(update_fields=["withdrawn_at"])
    record(actor, account, Action.INVITATION_WITHDRAWN, target=invitation.email)


@transaction.atomic
def accept_invitation(*, value: str, user: User, actor: Actor) -> Membership:
    """Make the signed-in person whom it is for a member.

    Raises NotFound when the link does not work (any more), AccessDenied when it is for another address.
    """
    invitation = _open(value)
    if invitation.email != user.email:
        raise AccessDenied(_("This invitation is for another address."))
    return _join(invitation, user, actor)


@transaction.atomic
def accept_invitation_as_new(*, value: str, name: ProperName, password: str, actor: Actor) -> Membership:
    """Make a person of the invited address, who could only get the link by mail, and a member of them.

    Raises NotFound when the link does not work (any more), Conflict when there is such a person already, InvalidParam
    ("password") for a weak one.
    """
    invitation = _open(value)
    user = make_user(EmailAddress(invitation.email), name, password)
    return _join(invitation, user, actor)


def _join(invitation: Invitation, user: User, actor: Actor) -> Membership:
    if Membership.objects.filter(account=invitation.account, user=user).exists():
        raise Conflict(_("You are a member of this account already."))
    membership = make_member(invitation.account, user, Role(invitation.role))
    details = {"role": invitation.role, "invited_by": invitation.created_by}
    record(actor, invitation.account, Action.MEMBER_JOINED, target=user.email, details=details)
    return membership


def _open(value: str) -> Invitation:
    """Return the invitation of a link that works, under its account's lock; NotFound."""
    found = Invitation.objects.filter(digest=digest(value)).first()
    if found:
        lock_members(found.account_id)
        found = Invitation.objects.open().select_related("account").filter(digest=digest(value)).first()
    if found is None:
        raise NotFound(_("This link does not work any more."))
    return found


def _pending(invitation: Invitation) -> Invitation:
    pending = Invitation.objects.pending().select_related("account").filter(pk=invitation.pk).first()
    if pending is None:
        raise NotFound(_("This invitation was accepted or withdrawn already."))
    return pending


def _check_number(account: Account) -> None:
    counted = Q(sent_at__gt=now() - DAY) | Q(expires_at__gt=now(), accepted_at=None, withdrawn_at=None)
    most: int = settings.INVITATIONS_PER_ACCOUNT
    if Invitation.objects.filter(counted, account=account).count() >= most:
        message = _(
            "This account has {number} invitations that are open or of the last 24 hours, as many as it may have."
            " Withdraw one, or go on tomorrow."
        )
        raise LimitReached(message.format(number=most))


def _send(invitation: Invitation, actor: Actor) -> str:
    value = new_credential()
    invitation.digest = digest(value)
    invitation.sent_at = now()
    invitation.expires_at = invitation.sent_at + WORKS_FOR
    invitation.save()
    context = {
        "invitation": invitation,
        "account": invitation.account,
        "by": _person(actor),
        "value": value,
        "days": WORKS_FOR.days,
    }
    send_on_commit("invitation", invitation.email, context)
    return value


def _person(actor: Actor) -> str:
    """Return who invites, in words; "" for the operator."""
    user = User.objects.filter(email=actor.name).first()
    return "" if user is None else f"{user.name} ({user.email})" if user.name else user.email


def purge_invitations() -> int:
    """Delete the invitations that ended INVITATION_KEEP_DAYS ago; return how many.

    Until then the page of their links says what became of them.
    """
    moment = now() - timedelta(days=settings.INVITATION_KEEP_DAYS)
    return sweep_rows(Invitation.objects.ended_before(moment))
