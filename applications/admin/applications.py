"""Applications: to look at, and to stop in an emergency."""

from django.contrib.admin import register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of
from applications.admin.site import site
from applications.models import Application
from applications.operations.applications import switch_application
from applications.operations.tokens import revoke_all_tokens


def _disable(request: HttpRequest, application: Application) -> None:
    switch_application(application=application, enabled=False, actor=actor_of(request))


def _enable(request: HttpRequest, application: Application) -> None:
    switch_application(application=application, enabled=True, actor=actor_of(request))


def _revoke_tokens(request: HttpRequest, application: Application) -> None:
    revoke_all_tokens(application=application, actor=actor_of(request))


@register(Application, site=site)
class ApplicationAdmin(RowAdmin):
    fields = [
        "name",
        "application_id",
        "account",
        "lifetime",
        "is_enabled",
        "scope",
        "created_at",
        "created_by",
        "last_used_at",
        "last_used_ip",
    ]
    list_display = ["__str__", "application_id", "account", "is_enabled", "created_at", "last_used_at"]
    list_filter = ["is_enabled", "lifetime"]
    list_select_related = ["account"]
    search_fields = ["name", "application_id"]
    acts = {
        "disable": Act(
            _("Disable"),
            _("Its ID, secret and tokens stop at the next request, until it is enabled again."),
            _disable,
            lambda application: application.is_enabled,
        ),
        "enable": Act(
            _("Enable"),
            _("Its ID, secret and the tokens that have not ended work again."),
            _enable,
            lambda application: not application.is_enabled,
        ),
        "revoke-tokens": Act(
            _("Revoke all tokens"),
            _("Every token of this application stops at the next request. Its secret goes on working."),
            _revoke_tokens,
        ),
    }
