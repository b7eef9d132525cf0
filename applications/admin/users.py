"""The people who sign in: to look at."""

from django.contrib.admin import register

from applications.admin.acts import RowAdmin
from applications.admin.memberships import Members
from applications.admin.site import site
from applications.models import User


@register(User, site=site)
class UserAdmin(RowAdmin):
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    inlines = [Members]
