"""Who is in an account, beside the account and beside the person."""

from django.http import HttpRequest

from applications.admin.acts import AnyInline
from applications.models import Account, Membership


class Members(AnyInline):
    """Who is in an account, or in which accounts a person is."""

    model = Membership
    fields = ["account", "user", "role", "created_at"]
    readonly_fields = ["account", "user", "role", "created_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False
