"""What a member may do in an account, checked where it is done: a role may have changed since the request began."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from applications.errors import AccessDenied, InvalidParam
from applications.models import Account, Membership
from applications.models.audit import ActorKind
from applications.models.memberships import Role
from applications.operations.actors import Actor


def parse_role(role: str) -> Role:
    """Return the role of this value; InvalidParam for another."""
    try:
        return Role(role)
    except ValueError:
        known = ", ".join(Role.values)
        raise InvalidParam("role", _("A role is one of {known}.").format(known=known)) from None


def check_role(actor: Actor, account: Account, roles: Collection[Role]) -> None:
    """Raise AccessDenied unless the actor is a member with one of these roles, or the operator.

    Call it under the account's lock, so that of two owners who demote each other at once one is too late.
    """
    if actor.kind == ActorKind.COMMAND:
        return
    members = Membership.objects.filter(account=account, role__in=roles, user__email=actor.name)
    if actor.kind != ActorKind.USER or not members.exists():
        raise AccessDenied(_("Your role in this account does not allow this any more."))
