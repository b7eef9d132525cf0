"""Resource servers: made, reset and removed here; a secret is on one page, once."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import display, register
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of, ask_unless_recent
from applications.admin.site import site
from applications.errors import InvalidParam
from applications.models import ResourceServer
from applications.operations.resource_servers import (
    create_resource_server,
    remove_resource_server,
    reset_resource_server,
)
from applications.rules.names import Name

if TYPE_CHECKING:  # which takes parameters in the stubs alone
    AnyForm = forms.ModelForm[ResourceServer]
else:
    AnyForm = forms.ModelForm


class ResourceServerForm(AnyForm):
    """A name; the rest is made."""

    class Meta:
        model = ResourceServer
        fields = ["name"]

    def clean_name(self) -> Name:
        try:
            return Name(self.cleaned_data["name"])
        except InvalidParam as error:
            raise forms.ValidationError(error.message) from None


@register(ResourceServer, site=site)
class ResourceServerAdmin(RowAdmin):
    """Each change asks for the password or second factor first."""

    form = ResourceServerForm
    list_display = ["name", "server_id", "secret", "created_at", "created_by", "last_used_at", "last_used_ip"]
    search_fields = ["name", "server_id"]
    row_fields = [
        "name",
        "server_id",
        "secret",
        "created_at",
        "created_by",
        "reset_at",
        "last_used_at",
        "last_used_ip",
    ]

    @property
    def acts(self) -> dict[str, Act]:  # type: ignore[override]  # made of this object's methods
        return {
            "reset": Act(
                _("Reset secret"),
                _("The secret that works now stops at once, for every process that uses it."),
                self._reset,
            ),
            "remove": Act(
                _("Remove"),
                _("Its ID and secret stop at once and for good: it can ask about no token any more."),
                self._remove,
            ),
        }

    @display(description=_("secret"))
    def secret(self, server: ResourceServer) -> str:
        return f"••••{server.hint}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def get_fields(self, request: HttpRequest, obj: ResourceServer | None = None) -> list[Any]:
        return ["name"] if obj is None else self.row_fields

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        ask_unless_recent(request, _("Add a resource server"))
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: ResourceServer, form: Any, change: bool) -> None:
        made, secret = create_resource_server(name=Name(obj.name), actor=actor_of(request))
        obj.pk, obj.server_id = made.pk, made.server_id
        obj.once = secret  # type: ignore[attr-defined]  # for response_add, on this object alone

    def response_add(
        self, request: HttpRequest, obj: ResourceServer, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._shown_once(request, obj, obj.once)  # type: ignore[attr-defined]  # see save_model

    def _reset(self, request: HttpRequest, server: ResourceServer) -> HttpResponse:
        current = request.POST.get("current")
        secret = reset_resource_server(server=server, actor=actor_of(request), current=current)
        return self._shown_once(request, server, secret)

    def _remove(self, request: HttpRequest, server: ResourceServer) -> None:
        remove_resource_server(server=server, actor=actor_of(request))

    def _shown_once(self, request: HttpRequest, server: ResourceServer, secret: str) -> HttpResponse:
        return self.page(
            request, "admin/secret.html", server=server, secret=secret, title=_("Copy the secret now")
        )
