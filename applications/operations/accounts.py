"""Accounts: made with their first owner, and their settings."""

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam
from applications.models import Account, Membership, User
from applications.models.applications import Lifetime
from applications.models.audit import Action, ActorKind
from applications.models.memberships import CHANGERS, Role
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_operator
from applications.operations.locks import lock_members
from applications.operations.roles import check_role
from applications.operations.rows import check_row
from applications.operations.second_factors import has_second_factor
from applications.rules.emails import EmailAddress
from applications.rules.names import Name, ProperName
from applications.rules.time_zones import UTC, TimeZone


@transaction.atomic
def create_account(
    *,
    name: ProperName,
    owner_email: EmailAddress,
    owner_password: str | None,
    actor: Actor,
    timezone: TimeZone | None = None,
    owner_name: Name | None = None,
) -> Account:
    """Return a new account with its owner, who is made unless the email is known already.

    A known owner keeps their password. Raises InvalidParam for a name, zone or email that cannot be.
    """
    check_operator(actor)
    email, zone = EmailAddress(owner_email), TimeZone(UTC if timezone is None else timezone)
    account = Account(name=ProperName(name), timezone=zone)
    check_row(account)
    account.save()
    owner = User.objects.filter(email=email).first() or _new_owner(
        email, Name(owner_name or ""), owner_password
    )
    Membership.objects.create(account=account, user=owner, role=Role.OWNER)
    record(actor, account, Action.ACCOUNT_CREATED, target=account.name, details={"owner": owner.email})
    return account


def _new_owner(email: EmailAddress, name: Name, password: str | None) -> User:
    owner = User(email=email, name=name)
    owner.set_password(password)
    owner.save()
    return owner


@transaction.atomic
def update_account(
    *,
    account: Account,
    name: ProperName,
    timezone: TimeZone,
    requires_second_factor: bool,
    default_lifetime: Lifetime,
    actor: Actor,
    stops_found_secrets: bool | None = None,
    revision: int | None = None,
) -> Account:
    """Change the account's settings; return the account as stored. Writes nothing when nothing differs.

    `stops_found_secrets` None leaves it as it is.

    `revision` is the one the caller has seen: Conflict when somebody else changed the settings since. AccessDenied for
    a member who is neither owner nor admin, InvalidParam for one who would ask others for a second factor and has none.
    """
    account = lock_members(account.pk)
    check_role(actor, account, CHANGERS)
    if revision is not None and revision != account.revision:
        raise Conflict(_("Somebody else changed these settings. What they saved is shown below."))
    if requires_second_factor and not account.requires_second_factor:
        _check_own_second_factor(actor)
    before = _settings(account)
    account.name, account.timezone = ProperName(name), TimeZone(timezone)
    account.requires_second_factor, account.default_lifetime = requires_second_factor, default_lifetime
    if stops_found_secrets is not None:
        account.stops_found_secrets = stops_found_secrets
    check_row(account)
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
        "stops_found_secrets": account.stops_found_secrets,
    }
