"""API keys: to look at, and to revoke in an emergency."""

from django.contrib.admin import display, register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of
from applications.admin.site import site
from applications.models import APIKey
from applications.operations.api_keys import revoke_api_key


def _revoke_key(request: HttpRequest, key: APIKey) -> None:
    revoke_api_key(api_key=key, actor=actor_of(request))


@register(APIKey, site=site)
class APIKeyAdmin(RowAdmin):
    fields = [
        "name",
        "key",
        "account",
        "scope",
        "expires_at",
        "revoked_at",
        "created_at",
        "created_by",
        "last_used_at",
        "last_used_ip",
    ]
    list_display = ["__str__", "account", "expires_at", "revoked_at", "last_used_at", "last_used_ip"]
    list_select_related = ["account"]
    search_fields = ["name", "account__name"]
    acts = {
        "revoke": Act(
            _("Revoke"),
            _("The key stops at the next request, for good."),
            _revoke_key,
            lambda key: key.is_live,
        )
    }

    @display(description=_("key"))
    def key(self, key: APIKey) -> str:
        return f"••••{key.hint}"
