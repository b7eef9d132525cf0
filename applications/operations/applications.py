"""Making, changing, switching and deleting applications."""

import uuid
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import Account, Application, ApplicationSecret, Scope
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record_for
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
    makes nothing. Raises InvalidParam without a scope.
    """
    try:
        with transaction.atomic():
            return _create(account, name, lifetime, _at_least_one(scopes), actor, submission)
    except IntegrityError:
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
    # The lock keeps the account's networks still while they are copied into the new application's fence.
    Account.objects.select_for_update().get(pk=account.pk)
    networks = account.allowed_ips.filter(application=None).values_list("network", flat=True)
    application = Application.objects.create(
        account=account,
        application_id=new_credential(),
        name=name.strip(),
        lifetime=lifetime,
        fence=make_fence(list(networks), []),
        submission=submission,
        created_by=actor.name,
    )
    set_scopes(application, scopes)
    secret = new_credential()
    ApplicationSecret.objects.create(
        application=application, digest=digest(secret), hint=hint(secret), created_by=actor.name
    )
    record_for(
        actor, application, Action.APPLICATION_CREATED, {"scopes": application.scope, "lifetime": lifetime}
    )
    return application, secret


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

    `revision` is the one the caller has seen: Conflict when somebody else changed it since.
    Returns the application as stored; writes nothing when nothing differs.
    """
    chosen = _at_least_one(scopes)
    application = locked(application)
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


@transaction.atomic
def switch_application(*, application: Application, enabled: bool, actor: Actor) -> None:
    """Enable or disable; disabled, its ID, secret and tokens stop at the very next request."""
    application = locked(application)
    if application.is_enabled != enabled:
        application.is_enabled = enabled
        application.save(update_fields=["is_enabled"])
        record_for(actor, application, Action.APPLICATION_ENABLED if enabled else Action.APPLICATION_DISABLED)


@transaction.atomic
def delete_application(*, application: Application, actor: Actor) -> None:
    """Delete it for good: its tokens stop at once, through the join, and its ID never works again."""
    application = locked(application)
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
