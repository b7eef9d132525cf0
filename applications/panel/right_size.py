"""What the pages of an application show of the use of its scopes, and the offer to take away those not used."""

from typing import TypedDict

from django.utils.timezone import now

from applications.forms.unused_scopes import RemoveScopesForm
from applications.models import Application
from applications.models.scope_use import UNUSED_AFTER, GrantUse, ScopeUses, scope_uses


class UsedScopes(TypedDict):
    """`unused_scopes` can be taken away, unless they are all that the application holds (`all_unused`)."""

    scope_uses: ScopeUses
    used_scopes: dict[str, GrantUse]
    unused_scopes: list[GrantUse]
    unused_by_name: dict[str, GrantUse]
    unused_days: int
    all_unused: bool
    remove_form: RemoveScopesForm


def used_scopes(application: Application, form: RemoveScopesForm | None = None) -> UsedScopes:
    """Return what the templates need; two queries."""
    uses = scope_uses(application)
    unused = uses.unused(now())
    return {
        "scope_uses": uses,
        "used_scopes": {use.name: use for use in uses.grants},
        "unused_scopes": unused,
        "unused_by_name": {use.name: use for use in unused},
        "unused_days": UNUSED_AFTER.days,
        "all_unused": len(unused) == len(uses.grants),
        "remove_form": form or remove_form(application, unused),
    }


def remove_form(application: Application, unused: list[GrantUse]) -> RemoveScopesForm:
    """Return the form with everything chosen that was not used."""
    names = [use.name for use in unused]
    initial = {"scopes": names, "revision": application.revision}
    return RemoveScopesForm(names, initial=initial, auto_id="remove-%s")
