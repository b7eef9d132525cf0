"""Which scopes an application holds: GrantedScope is the truth, the application row repeats it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import InvalidParam
from applications.models import Account, Application, GrantedScope, Scope
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_operator
from applications.operations.rows import check_row
from applications.rules.scopes import write_grants


def usable_scopes(scopes: Iterable[Scope]) -> list[Scope]:
    """Return the scopes as stored, in the catalogue's order; part of the operations that give them.

    Raises InvalidParam for none at all, and for one that nobody can be granted: not stored, or retired by now.
    """
    chosen = list(scopes)
    if not chosen:
        message = _("Choose at least one scope. An application without a scope could do nothing.")
        raise InvalidParam("scopes", message)
    stored = {
        scope.pk: scope for scope in Scope.objects.available().filter(name__in=[s.name for s in chosen])
    }
    if missing := [scope.name for scope in chosen if scope.pk not in stored]:
        raise InvalidParam("scopes", _("There is no scope “{name}”.").format(name=missing[0][:40]))
    return list(stored.values())


def set_scopes(application: Application, scopes: Iterable[Scope]) -> None:
    """Grant exactly these; part of the operations that create and change an application, in their transaction.

    A scope that is new begins at a new generation, so that no token issued before has it
    (rules/scopes.py). The application's row must be locked or new; it is saved here.
    """
    wanted = {scope.pk: scope for scope in scopes}
    held = set(application.granted_scopes.values_list("scope_id", flat=True))
    application.granted_scopes.exclude(scope__in=wanted).delete()
    if added := [scope for key, scope in wanted.items() if key not in held]:
        application.generation += 1
        GrantedScope.objects.bulk_create(
            GrantedScope(application=application, scope=scope, since_generation=application.generation)
            for scope in added
        )
    repeat_scopes(application)


def repeat_scopes(application: Application) -> None:
    """Write the application's `scope` and `grants` from what it is granted."""
    granted = application.granted_scopes.order_by("scope__position", "scope__name")
    since = dict(granted.values_list("scope__name", "since_generation"))
    application.scope, application.grants = " ".join(since), write_grants(since)
    application.save(update_fields=["scope", "grants", "generation"])


@transaction.atomic
def add_scope(*, scope: Scope, actor: Actor) -> None:
    """Store a new scope, which from now on can be granted; InvalidParam for what cannot be, or was ever in use.

    A retired scope does not come back under its name: an API key that lost it would hold it again.
    """
    check_operator(actor)
    if Scope.objects.filter(name=scope.name).exists():
        raise InvalidParam("name", _("There is, or was, a scope of this name."))
    check_row(scope)
    scope.save(force_insert=True)
    record(actor, None, Action.SCOPE_ADDED, target=scope.name, details={"group": scope.group})


@transaction.atomic
def retire_scope(*, scope: Scope, actor: Actor) -> None:
    """Take a scope from every application, and so from every token, and offer it no more."""
    check_operator(actor)
    _lock_accounts(scope)
    holders = Application.objects.select_for_update(of=("self",), no_key=True).filter(
        granted_scopes__scope=scope
    )
    for application in list(holders.select_related("account").order_by("pk")):
        application.granted_scopes.filter(scope=scope).delete()
        repeat_scopes(application)
        record(
            actor,
            application.account,
            Action.SCOPE_RETIRED,
            application_id=application.application_id,
            target=scope.name,
        )
    scope.retired_at = now()
    scope.save(update_fields=["retired_at"])
    record(actor, None, Action.SCOPE_RETIRED, target=scope.name)


def _lock_accounts(scope: Scope) -> None:
    """Lock the accounts that hold a scope before their applications, as every operation does (locks.py)."""
    holding = Account.objects.filter(applications__granted_scopes__scope=scope).values("pk")
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=holding).order_by("pk"))
