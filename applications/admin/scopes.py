"""The catalogue of scopes: added and retired here."""

from typing import Any

from django.contrib.admin import EmptyFieldListFilter, register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of
from applications.admin.site import site
from applications.models import Scope
from applications.operations.scopes import add_scope, retire_scope


def _retire(request: HttpRequest, scope: Scope) -> None:
    retire_scope(scope=scope, actor=actor_of(request))


@register(Scope, site=site)
class ScopeAdmin(RowAdmin):
    """A name is used once: a retired scope does not come back under it."""

    fields = ["name", "description", "group", "position"]
    list_display = ["name", "description", "group", "position", "retired_at"]
    list_filter = ["group", ("retired_at", EmptyFieldListFilter)]
    acts = {
        "retire": Act(
            _("Retire"),
            _(
                "Every application, token and API key that has this scope loses it at once, and nobody can grant it."
            ),
            _retire,
            lambda scope: scope.retired_at is None,
        )
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def save_model(self, request: HttpRequest, obj: Scope, form: Any, change: bool) -> None:
        add_scope(scope=obj, actor=actor_of(request))
