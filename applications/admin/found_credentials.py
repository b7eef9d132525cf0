"""How many reports of found credentials there are, which no account can be told of where they find nothing."""

from django.contrib.admin import register

from applications.admin.acts import RowAdmin
from applications.admin.site import site
from applications.models import CredentialReports


@register(CredentialReports, site=site)
class CredentialReportsAdmin(RowAdmin):
    """Looked at only."""

    fields = ["day", "calls", "sent", "live"]
    list_display = ["day", "calls", "sent", "live"]
