"""Accounts: to look at."""

from django.contrib.admin import register

from applications.admin.acts import RowAdmin
from applications.admin.memberships import Members
from applications.admin.site import site
from applications.models import Account


@register(Account, site=site)
class AccountAdmin(RowAdmin):
    fields = ["name", "timezone", "created_at"]
    list_display = ["name", "timezone", "created_at"]
    search_fields = ["name"]
    inlines = [Members]
