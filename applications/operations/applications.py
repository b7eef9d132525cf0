"""Making, changing, switching and deleting applications."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, LimitReached, NotFound
from applications.models import Account, AllowedIP, Application, ApplicationSecret, Scope
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.limits import (
    check_account,
    check_change,
    check_gain,
    check_lifetime,
    check_scopes,
    lines_of_maker,
    lives_as_long,
)
from applications.operations.scopes import set_scopes
from applications.rules.credentials import digest, hint, new_credential
from applications.rules.networks import make_fence


def create_application(
    *,
    account: Account,
    name: str,
    lifetime: str,
    scopes: Iterable[Scope],
    actor: Actor,
    submission: uuid.UUID | None = None,
) -> tuple[Application, str]:
    """Return the new application and its secret, which exists nowhere else and cannot be read again.

    `submission` names one sending of a form: a second one (the double click) raises Conflict and
    makes nothing. What a program makes by a token gets the allowed IPs of its application. Raises InvalidParam
    without a scope, LimitReached when the account has as many applications as it may (APPLICATIONS_PER_ACCOUNT),
    AccessDenied when the actor's credential does not have itself what it would give.
    """
    try:
        with transaction.atomic():
            return _create(account, name, lifetime, _at_least_one(scopes), actor, submission)
    except (IntegrityError, LimitReached):
        if submission and Application.objects.filter(submission=submission).exists():
            raise Conflict(_("This form was sent twice; the first one created the application.")) from None
        raise


def _create(
    account: Account,
    name: str,
    lifetime: str,
    scopes: list[Scope],
    actor: Actor,
    submission: uuid.UUID | None,
) -> tuple[Application, str]:
    # The lock keeps the account's networks still while they are copied into the new application's fence, and the
    # number of its applications while they are counted.
    account = Account.objects.select_for_update().get(pk=account.pk)
    _check_new(account, lifetime, scopes, actor)
    networks = account.allowed_ips.filter(application=None).values_list("network", flat=True)
    inherited = lines_of_maker(actor)
    application = Application.objects.create(
        account=account,
        application_id=new_credential(),
        name=name.strip(),
        lifetime=lifetime,
        fence=make_fence(list(networks), [line.network for line in inherited]),
        submission=submission,
        created_by=actor.name,
    )
    set_scopes(application, scopes)
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
    details: dict[str, Any] = {"scopes": application.scope, "lifetime": lifetime}
    if inherited:
        details["allowed_ips"] = [line.network for line in inherited]
    record_for(actor, application, Action.APPLICATION_CREATED, details)
    return application, secret


def _check_new(account: Account, lifetime: str, scopes: list[Scope], actor: Actor) -> None:
    check_account(actor, account.pk)
    check_scopes(actor, [scope.name for scope in scopes])
    check_lifetime(actor, lifetime)
    if account.is_full:
        message = _(
            "This account has {number} applications, which is as many as it may have. Delete one first."
        )
        raise LimitReached(message.format(number=settings.APPLICATIONS_PER_ACCOUNT))


@transaction.atomic
def update_application(
    *,
    application: Application,
    name: str,
    lifetime: str,
    scopes: Iterable[Scope],
    actor: Actor,
    revision: int | None = None,
) -> Application:
    """Change name, lifetime (of tokens to come) and scopes (at once, for every token).

    `revision` is the one the caller has seen: Conflict when somebody else changed it since. AccessDenied when the
    actor's credential does not have itself what it would give.
    Returns the application as stored; writes nothing when nothing differs.
    """
    chosen = _at_least_one(scopes)
    application = locked(application)
    _check_update(actor, application, lifetime, [scope.name for scope in chosen])
    if revision is not None and revision != application.revision:
        raise Conflict(_("Somebody else changed this application. What they saved is shown below."))
    before = _described(application)
    application.name, application.lifetime = name.strip(), lifetime
    set_scopes(application, chosen)
    after = _described(application)
    if changed := {key: [before[key], after[key]] for key in after if before[key] != after[key]}:
        application.revision += 1
        application.save(update_fields=["name", "lifetime", "revision"])
        record_for(actor, application, Action.APPLICATION_CHANGED, changed)
    return application


def _check_update(actor: Actor, application: Application, lifetime: str, scopes: list[str]) -> None:
    check_change(actor, application)
    check_scopes(actor, scopes)
    if not lives_as_long(application.lifetime, lifetime) or set(scopes) - set(application.scope_names):
        check_gain(actor, application, lifetime)


@transaction.atomic
def switch_application(*, application: Application, enabled: bool, actor: Actor) -> None:
    """Enable or disable; disabled, its ID, secret and tokens stop at the very next request.

    AccessDenied when the actor's credential does not have itself what enabling gives back.
    """
    application = locked(application)
    check_change(actor, application)
    if application.is_enabled != enabled:
        if enabled:
            check_gain(actor, application, application.lifetime)
        application.is_enabled = enabled
        application.save(update_fields=["is_enabled"])
        record_for(actor, application, Action.APPLICATION_ENABLED if enabled else Action.APPLICATION_DISABLED)


@transaction.atomic
def delete_application(*, application: Application, actor: Actor) -> None:
    """Delete it for good: its tokens stop at once, through the join, and its ID never works again."""
    application = locked(application)
    check_account(actor, application.account_id)
    record_for(actor, application, Action.APPLICATION_DELETED)
    application.delete()


def locked(application: Application) -> Application:
    """Return the application as stored, locked until the transaction ends; NotFound if it was deleted.

    The account comes first: every operation locks in this order, so that no two wait for each other.
    """
    Account.objects.select_for_update().get(pk=application.account_id)
    stored = Application.objects.select_for_update(of=("self",)).select_related("account")
    if (found := stored.filter(pk=application.pk).first()) is None:
        raise NotFound(_("This application was deleted."))
    return found


def _at_least_one(scopes: Iterable[Scope]) -> list[Scope]:
    chosen = list(scopes)
    if not chosen:
        message = _("Choose at least one scope. An application without a scope could do nothing.")
        raise InvalidParam("scopes", message)
    return chosen


def _described(application: Application) -> dict[str, str]:
    return {"name": application.name, "lifetime": application.lifetime, "scopes": application.scope}
