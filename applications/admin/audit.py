"""The audit log: to look at."""

from django.contrib.admin import register

from applications.admin.acts import RowAdmin
from applications.admin.site import site
from applications.models import AuditEvent


@register(AuditEvent, site=site)
class AuditEventAdmin(RowAdmin):
    fields = [
        "account",
        "action",
        "actor_kind",
        "actor",
        "application_id",
        "target",
        "details",
        "ip",
        "request_id",
        "created_at",
    ]
    list_display = ["created_at", "action", "target", "account", "actor_kind", "actor", "ip"]
    list_filter = ["action", "actor_kind"]
    list_select_related = ["account"]
    search_fields = ["application_id", "request_id", "actor", "target"]
