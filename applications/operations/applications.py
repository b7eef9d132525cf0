"""Making, changing, switching and deleting applications."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, LimitReached
from applications.models import Account, AllowedIP, Application, ApplicationSecret, Scope
from applications.models.applications import Lifetime
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import Entry, record_changes, record_for
from applications.operations.limits import (
    check_change,
    check_gain,
    check_lifetime,
    check_scopes,
    lines_of_maker,
    lives_as_long,
)
from applications.operations.locks import lock_account, lock_application
from applications.operations.scopes import set_scopes, usable_scopes
from applications.rules.credentials import digest, hint, new_credential
from applications.rules.names import Name
from applications.rules.networks import make_allowlist


def create_application(
    *,
    account: Account,
    name: Name,
    lifetime: Lifetime,
    scopes: Iterable[Scope],
    actor: Actor,
    submission: uuid.UUID | None = None,
) -> tuple[Application, str]:
    """Return the new application and its secret, which exists nowhere else and cannot be read again.

    `submission` names one sending of a form: a second one (the double click) raises Conflict and
    makes nothing. What a program makes by a token gets the allowed IPs of its application. Raises InvalidParam
    for what cannot be, LimitReached when the account has as many applications as it may (APPLICATIONS_PER_ACCOUNT),
    AccessDenied when the actor's credential does not have itself what it would give.
    """
    new = _New(parse_lifetime(lifetime), usable_scopes(scopes), Name(name), submission)
    try:
        with transaction.atomic():
            return _create(lock_account(account.pk, actor), new, actor)
    except (IntegrityError, LimitReached):
        if submission and Application.objects.filter(submission=submission).exists():
            raise Conflict(_("This form was sent twice; the first one created the application.")) from None
        raise


@dataclass(frozen=True, slots=True)
class _New:
    lifetime: Lifetime
    scopes: list[Scope]
    name: Name
    submission: uuid.UUID | None


def _create(account: Account, new: _New, actor: Actor) -> tuple[Application, str]:
    # The account's lock keeps its networks still while they are copied into the new application's allowlist, and the
    # number of its applications while they are counted.
    _check_new(account, new, actor)
    networks = account.allowed_ips.filter(application=None).values_list("network", flat=True)
    inherited = lines_of_maker(actor)
    application = Application.objects.create(
        account=account,
        application_id=new_credential(),
        name=new.name,
        lifetime=new.lifetime,
        allowlist=make_allowlist(list(networks), [line.network for line in inherited]),
        submission=new.submission,
        created_by=actor.name,
    )
    set_scopes(application, new.scopes)
    AllowedIP.objects.bulk_create(
        AllowedIP(
            account=account,
            application=application,
            network=line.network,
            note=line.note,
            created_by=actor.name,
        )
        for line in inherited
    )
    secret = new_credential()
    ApplicationSecret.objects.create(
        application=application, digest=digest(secret), hint=hint(secret), created_by=actor.name
    )
    details: dict[str, Any] = {"scopes": application.scope, "lifetime": new.lifetime}
    if inherited:
        details["allowed_ips"] = [line.network for line in inherited]
    record_for(actor, application, Action.APPLICATION_CREATED, details)
    return application, secret


def _check_new(account: Account, new: _New, actor: Actor) -> None:
    check_scopes(actor, [scope.name for scope in new.scopes])
    check_lifetime(actor, new.lifetime)
    if account.is_full:
        message = _(
            "This account has {number} applications, which is as many as it may have. Delete one first."
        )
        raise LimitReached(message.format(number=settings.APPLICATIONS_PER_ACCOUNT))


@transaction.atomic
def update_application(
    *,
    application: Application,
    name: Name,
    lifetime: Lifetime,
    scopes: Iterable[Scope],
    actor: Actor,
    revision: int | None = None,
) -> Application:
    """Change name, lifetime (of tokens to come) and scopes (at once, for every token).

    `revision` is the one the caller has seen: Conflict when somebody else changed it since. AccessDenied when the
    actor's credential does not have itself what it would give. Raises InvalidParam for what cannot be.
    Returns the application as stored; writes nothing when nothing differs.
    """
    application = lock_application(application, actor)
    check_change(actor, application)
    if revision is not None and revision != application.revision:
        raise Conflict(_("Somebody else changed this application. What they saved is shown below."))
    entries = apply_update(application, actor, name=name, lifetime=lifetime, scopes=scopes)
    store(application, entries)
    record_changes(actor, application, entries)
    return application


def apply_update(
    application: Application,
    actor: Actor,
    *,
    name: Name | None,
    lifetime: Lifetime | None,
    scopes: Iterable[Scope] | None,
) -> list[Entry]:
    """Change what is not None of a locked application, for `store`; return the audit row, none if nothing differs."""
    chosen = None if scopes is None else usable_scopes(scopes)
    wanted = application.lifetime if lifetime is None else parse_lifetime(lifetime)
    names = application.scope_names if chosen is None else [scope.name for scope in chosen]
    _check_update(actor, application, wanted, names)
    before = _described(application)
    application.name = application.name if name is None else Name(name)
    application.lifetime = wanted
    if chosen is not None:
        set_scopes(application, chosen)
    after = _described(application)
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if not changed:
        return []
    application.revision += 1
    return [Entry(Action.APPLICATION_CHANGED, changed)]


def store(application: Application, entries: list[Entry]) -> None:
    """Write the columns of a locked application that `apply_update` and `apply_state` changed, if they did."""
    if entries:
        application.save(update_fields=["name", "lifetime", "revision", "is_enabled"])


def _check_update(actor: Actor, application: Application, lifetime: str, scopes: list[str]) -> None:
    check_scopes(actor, scopes)
    if not lives_as_long(application.lifetime, lifetime) or set(scopes) - set(application.scope_names):
        check_gain(actor, application, lifetime)


@transaction.atomic
def switch_application(*, application: Application, enabled: bool, actor: Actor) -> None:
    """Enable or disable; disabled, its ID, secret and tokens stop at the very next request.

    AccessDenied when the actor's credential does not have itself what enabling gives back.
    """
    application = lock_application(application, actor)
    check_change(actor, application)
    entries = apply_state(application, actor, enabled)
    store(application, entries)
    record_changes(actor, application, entries)


def apply_state(application: Application, actor: Actor, enabled: bool | None) -> list[Entry]:
    """Enable or disable a locked application, for `store`, or leave it (None); return the audit row, if any."""
    if enabled is None or application.is_enabled == enabled:
        return []
    if enabled:
        check_gain(actor, application, application.lifetime)
    application.is_enabled = enabled
    return [Entry(Action.APPLICATION_ENABLED if enabled else Action.APPLICATION_DISABLED)]


@transaction.atomic
def delete_application(*, application: Application, actor: Actor) -> None:
    """Delete it for good: its tokens stop at once, through the join, and its ID never works again."""
    application = lock_application(application, actor)
    record_for(actor, application, Action.APPLICATION_DELETED)
    application.delete()


def parse_lifetime(lifetime: str) -> Lifetime:
    """Return the lifetime of this value; InvalidParam for another."""
    try:
        return Lifetime(lifetime)
    except ValueError:
        message = _("A lifetime is one of {known}.").format(known=", ".join(Lifetime.values))
        raise InvalidParam("lifetime", message) from None


def _described(application: Application) -> dict[str, str]:
    return {"name": application.name, "lifetime": application.lifetime, "scopes": application.scope}
