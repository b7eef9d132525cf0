"""What an actor may change, checked where it is written: a viewer nothing, a credential what it has itself.

No credential widens itself (security.md 18): a program could else give itself, through an application that it makes,
changes or gets the secret of, what it was not given: a scope, another account, an address, a longer life.
docs/decisions/0018 says what counts as such. All of these are part of an operation that holds the account's lock; all
but `check_account` and `check_operator` do nothing for an actor without limits.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from applications.errors import AccessDenied, NotFound
from applications.models import AllowedIP, Application
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.operations.actors import Actor, Limits
from applications.rules.networks import is_within


def check_account(actor: Actor, account_pk: int) -> None:
    """Raise AccessDenied for a viewer, NotFound for what belongs to another account than the actor's credential."""
    if not actor.may_change:
        raise AccessDenied(_("Viewers cannot change anything. Ask an owner or admin of the account."))
    if actor.limits is not None and actor.limits.account_pk != account_pk:
        raise NotFound(_("There is no application of this ID."))


def check_operator(actor: Actor) -> None:
    """Raise AccessDenied unless the actor is the operator: what belongs to no account is theirs alone."""
    if actor.kind != ActorKind.COMMAND:
        raise AccessDenied(_("Only the operator can do this."))


def check_no_credential(actor: Actor) -> None:
    """Raise AccessDenied for a program: what it would give goes on when its own credential has ended."""
    if actor.limits is not None:
        raise AccessDenied(_("No credential can do this. A member can, in the panel."))


def check_scopes(actor: Actor, names: Iterable[str]) -> None:
    """Raise AccessDenied unless the actor's credential has all of these scopes itself."""
    if actor.limits is None:
        return
    if missing := [name for name in names if name not in actor.limits.scopes]:
        message = _("This takes a credential that has the scope {scopes} itself.")
        raise AccessDenied(message.format(scopes=", ".join(missing)))


def check_change(actor: Actor, application: Application) -> None:
    """Raise unless the actor may change the application at all: one of its account, with no scope that it lacks."""
    check_account(actor, application.account_id)
    check_scopes(actor, application.scope_names)


def check_lifetime(actor: Actor, lifetime: str) -> None:
    """Raise AccessDenied unless the actor may make something that has a secret, and tokens of this lifetime.

    A secret goes on until it is reset, so an API key that expires makes none.
    """
    limits = actor.limits
    if limits is None:
        return
    if limits.application_pk is None:
        if limits.expires_at is not None:
            raise AccessDenied(
                _(
                    "This API key expires, and what it would give does not. Use an API key without an expiry date."
                )
            )
        return
    longest = _longest(_maker(limits.application_pk), limits)
    if _span(lifetime) > _span(longest):
        message = _(
            "The tokens of this credential live {longest}, so it cannot make or widen an application whose tokens"
            " live longer."
        )
        raise AccessDenied(message.format(longest=Lifetime(longest).label))


def check_gain(actor: Actor, application: Application, lifetime: str) -> None:
    """Raise AccessDenied unless the actor may give to the application: a secret, a scope, `lifetime`, being enabled.

    It must be within all limits of the actor: else the actor would act through it from another address, or longer.
    """
    if actor.limits is None:
        return
    check_lifetime(actor, lifetime)
    own = application.allowed_ips.values_list("network", flat=True)
    _check_networks(list(own), networks_of_maker(actor))


def check_list(actor: Actor, application: Application | None, before: list[str], after: list[str]) -> None:
    """Raise AccessDenied unless the actor may let a list be `after`: that of `application`, or of the account (None).

    Closing a list is no gain. What is opened must be open to the actor itself; the account's list is around every
    credential of the account, so that none opens it.
    """
    if actor.limits is None or is_within(after, before):
        return
    if application is None:
        raise AccessDenied(
            _("No credential can open the account's list of allowed IPs. A member can, in the panel.")
        )
    check_lifetime(actor, application.lifetime)
    opened = [network for network in after if not is_within([network], before)]
    _check_networks(opened, networks_of_maker(actor))


def lines_of_maker(actor: Actor) -> list[AllowedIP]:
    """Return the allowed IPs of the application whose token the actor has; none for others.

    An API key is held by the account's list alone, which holds its applications too.
    """
    if actor.limits is None or actor.limits.application_pk is None:
        return []
    return list(AllowedIP.objects.filter(application=actor.limits.application_pk))


def networks_of_maker(actor: Actor) -> list[str]:
    """Return the networks of the same lines."""
    return [line.network for line in lines_of_maker(actor)]


def _check_networks(networks: list[str], listed: list[str]) -> None:
    if not is_within(networks, listed):
        raise AccessDenied(
            _(
                "This credential works only from its application's allowed IPs. What it opens must be among them."
            )
        )


def lives_as_long(lifetime: str, other: str) -> bool:
    """Whether tokens of `lifetime` live at least as long as those of `other`."""
    return _span(lifetime) >= _span(other)


def _maker(pk: int) -> Application:
    """Return the application whose token it is, as it is now: its limits may have changed since the request began."""
    found = Application.objects.filter(pk=pk).first()
    if found is None:
        raise AccessDenied(_("The application of this credential was deleted."))
    return found


def _longest(maker: Application, limits: Limits) -> str:
    """Return the longest lifetime within both that of the maker's tokens now and that of this token."""
    own = limits.lifetime or timedelta.max
    fitting = [value for value in Lifetime.values if _span(value) <= own]
    return min([maker.lifetime, fitting[-1] if fitting else Lifetime.DAY], key=_span)


def _span(lifetime: str) -> timedelta:
    return Lifetime(lifetime).span or timedelta.max
