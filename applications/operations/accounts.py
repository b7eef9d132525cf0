"""Accounts: made with their first owner, and their settings."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam
from applications.models import Account, Membership, User
from applications.models.applications import Lifetime
from applications.models.audit import Action, ActorKind
from applications.models.memberships import CHANGERS, Role
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.roles import check_role, locked_account
from applications.operations.second_factors import has_second_factor
from applications.rules.names import Name
from applications.rules.time_zones import TimeZone


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


@transaction.atomic
def update_account(
    *,
    account: Account,
    name: Name,
    timezone: TimeZone,
    requires_second_factor: bool,
    default_lifetime: Lifetime,
    actor: Actor,
    revision: int | None = None,
) -> Account:
    """Change the account's settings; return the account as stored. Writes nothing when nothing differs.

    `revision` is the one the caller has seen: Conflict when somebody else changed the settings since. AccessDenied for
    a member who is neither owner nor admin, InvalidParam for one who would ask others for a second factor and has none.
    """
    account = locked_account(account)
    check_role(actor, account, CHANGERS)
    if revision is not None and revision != account.revision:
        raise Conflict(_("Somebody else changed these settings. What they saved is shown below."))
    if requires_second_factor and not account.requires_second_factor:
        _check_own_second_factor(actor)
    before = _settings(account)
    account.name, account.timezone = name, timezone
    account.requires_second_factor, account.default_lifetime = requires_second_factor, default_lifetime
    after = _settings(account)
    if changed := {key: [before[key], after[key]] for key in after if before[key] != after[key]}:
        account.revision += 1
        account.save(update_fields=[*after, "revision"])
        record(actor, account, Action.ACCOUNT_CHANGED, target=account.name, details=changed)
    return account


def _check_own_second_factor(actor: Actor) -> None:
    if actor.kind == ActorKind.USER and not has_second_factor(User.objects.get(email=actor.name)):
        message = _("Set up a second factor of your own first. Without one you would lock yourself out.")
        raise InvalidParam("requires_second_factor", message)


def _settings(account: Account) -> dict[str, str | bool]:
    return {
        "name": str(account.name),
        "timezone": str(account.timezone),
        "requires_second_factor": account.requires_second_factor,
        "default_lifetime": str(account.default_lifetime),
    }
