"""Requests that were refused with credentials that nobody has: no account can be told of them."""

from django.contrib.admin import register

from applications.admin.acts import RowAdmin
from applications.admin.site import site
from applications.models import UnknownCredentials


@register(UnknownCredentials, site=site)
class UnknownCredentialsAdmin(RowAdmin):
    """Looked at only."""

    fields = ["day", "count"]
    list_display = ["day", "count"]
