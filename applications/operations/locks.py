"""The locks of a write: one on its account, then one on its application, and the permission with them.

The account comes first everywhere, so that no two operations wait for each other. Who holds its lock may append to the
account's audit chain and change its lists. The locks leave keys alone (FOR NO KEY UPDATE): figures and refusals, which
refer to an application and then to its account, are stored meanwhile. With FOR UPDATE the two orders could deadlock.
"""

from collections.abc import Collection

from django.utils.translation import gettext as _

from applications.errors import AccessDenied, NotFound
from applications.models import Account, Application, User
from applications.models.audit import ActorKind
from applications.operations.actors import Actor
from applications.operations.limits import check_account


def lock_account(account_pk: int, actor: Actor) -> Account:
    """Return the account as stored, locked until the transaction ends.

    Raises AccessDenied when the actor may change nothing, NotFound when the account is not that of its credential.
    """
    check_account(actor, account_pk)
    return lock_members(account_pk)


def lock_members(account_pk: int) -> Account:
    """Return the account as stored, locked, for changes of its members.

    These need a role (operations/roles.py) and not the right to change things: a viewer may leave.
    """
    return Account.objects.select_for_update(no_key=True).get(pk=account_pk)


def lock_accounts(account_pks: Collection[int]) -> list[Account]:
    """Return several accounts as stored, locked in the order of their keys, so that two processes cannot deadlock.

    For what changes several at once and asks for no permission. Without any, a statement is sent all the same.
    """
    return list(
        Account.objects.select_for_update(no_key=True).filter(pk__in=[*account_pks, 0]).order_by("pk")
    )


def lock_application(application: Application, actor: Actor, *, with_settings: bool = False) -> Application:
    """Return the application as stored, locked with its account until the transaction ends.

    `with_settings` reads its message settings in the same query: they change only under the account's lock, so they
    are those of now. Raises NotFound if it was deleted, and what `lock_account` raises.
    """
    account = lock_account(application.account_id, actor)
    stored = Application.objects.select_for_update(of=("self",), no_key=True).filter(
        pk=application.pk, account=account
    )
    found = (stored.select_related("message_settings") if with_settings else stored).first()
    if found is None:
        raise NotFound(_("This application was deleted."))
    found.account = account
    return found


def lock_person(person: User, actor: Actor) -> User:
    """Return the person as stored, locked with the accounts they are in; for what people change about themselves.

    The accounts come first, as everywhere, and in the order of their keys. Raises NotFound for one who is gone or
    may not sign in any more, AccessDenied for an actor who is not the person.
    """
    theirs = Account.objects.filter(memberships__user=person).values("pk")
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk"))
    found = User.objects.select_for_update().filter(pk=person.pk, is_active=True).first()
    if found is None:
        raise NotFound(_("This person does not sign in here any more."))
    if actor.kind != ActorKind.USER or actor.name != found.email:
        raise AccessDenied(_("Only people themselves can change this."))
    return found
