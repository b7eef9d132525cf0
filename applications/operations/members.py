"""Members of an account: added by the operator, given another role, removed, leaving. An account keeps an owner."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import AccessDenied, Conflict, InvalidParam, LastOwner, NotFound
from applications.models import Account, Invitation, Membership, User
from applications.models.audit import Action
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.locks import lock_members
from applications.operations.roles import check_role, parse_role
from applications.rules.emails import EmailAddress

OWNERS = (Role.OWNER,)


@transaction.atomic
def add_member(
    *, account: Account, email: EmailAddress, role: Role, actor: Actor, password: str | None = None
) -> Membership:
    """Make the person of this email a member at once, without an invitation.

    A person who is not known yet is made, with `password`; a known one keeps theirs. Raises InvalidParam for a member,
    or for a password that is too weak; AccessDenied for a member who is not an owner.
    """
    account, email, role = lock_members(account.pk), EmailAddress(email), parse_role(role)
    check_role(actor, account, OWNERS)
    check_no_member(account, email)
    user = User.objects.filter(email=email).first() or make_user(email, "", password or "")
    membership = make_member(account, user, role)
    details = {"role": str(role)}
    record(actor, account, Action.MEMBER_ADDED, target=user.email, details=details)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Actor) -> Membership:
    """Give a member another role, which holds from the next request on; return the membership as stored.

    Raises NotFound when the member is gone, AccessDenied for who is not an owner, LastOwner.
    """
    account, role = lock_members(membership.account_id), parse_role(role)
    check_role(actor, account, OWNERS)
    membership = _stored(membership)
    before = membership.role
    if role != before:
        if before == Role.OWNER:
            _check_other_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        details = {"role": [str(before), str(role)]}
        record(actor, account, Action.MEMBER_CHANGED, target=membership.user.email, details=details)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, actor: Actor) -> None:
    """Remove a member, from the next request on. Raises NotFound, LastOwner, AccessDenied for who is not an owner."""
    account = lock_members(membership.account_id)
    check_role(actor, account, OWNERS)
    _end(_stored(membership), Action.MEMBER_REMOVED, actor)


@transaction.atomic
def leave_account(*, membership: Membership, actor: Actor) -> None:
    """End one's own membership. Raises NotFound, LastOwner, AccessDenied for somebody else's."""
    lock_members(membership.account_id)
    membership = _stored(membership)
    if membership.user.email != actor.name:
        raise AccessDenied(_("Only members themselves can leave."))
    _end(membership, Action.MEMBER_LEFT, actor)


def check_no_member(account: Account, email: EmailAddress) -> None:
    """Raise InvalidParam when somebody of this email is in the account."""
    if Membership.objects.filter(account=account, user__email=email).exists():
        message = _("{email} is a member of this account already. You can change the role in the list.")
        raise InvalidParam("email", message.format(email=email))


def make_user(email: EmailAddress, name: str, password: str) -> User:
    """Return a new person. Raises InvalidParam for a weak password, Conflict when the email was taken meanwhile."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise InvalidParam("password", " ".join(error.messages)) from None
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name)
    except IntegrityError:
        raise Conflict(_("There is somebody with this email already.")) from None


def make_member(account: Account, user: User, role: Role) -> Membership:
    """Return the new membership; an invitation that still waits for the person has done its work."""
    pending = Invitation.objects.pending().filter(account=account, email=user.email)
    pending.update(accepted_at=now())
    return Membership.objects.create(account=account, user=user, role=role)


def _end(membership: Membership, action: Action, actor: Actor) -> None:
    if membership.role == Role.OWNER:
        _check_other_owner(membership)
    membership.delete()
    details = {"role": str(membership.role)}
    record(actor, membership.account, action, target=membership.user.email, details=details)


def _stored(membership: Membership) -> Membership:
    found = Membership.objects.select_related("account", "user").filter(pk=membership.pk).first()
    if found is None:
        raise NotFound(_("This member was removed already."))
    return found


def _check_other_owner(membership: Membership) -> None:
    others = Membership.objects.owners().filter(account=membership.account_id).exclude(pk=membership.pk)
    if not others.exists():
        message = _("{person} is the last owner of this account. Make somebody else an owner first.")
        raise LastOwner(message.format(person=membership.user))
