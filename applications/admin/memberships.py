"""Who is in an account: beside the account, beside the person, and in a list of its own."""

from django.contrib.admin import register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, AnyInline, RowAdmin, actor_of
from applications.admin.site import site
from applications.forms.members import RoleForm
from applications.models import Account, Membership
from applications.models.memberships import Role
from applications.operations.members import change_role, remove_member


def _change_role(request: HttpRequest, membership: Membership, role: Role) -> None:
    change_role(membership=membership, role=role, actor=actor_of(request))


def _remove_member(request: HttpRequest, membership: Membership) -> None:
    remove_member(membership=membership, actor=actor_of(request))


class Members(AnyInline):
    """Who is in an account, or in which accounts a person is."""

    model = Membership
    fields = ["account", "user", "role", "created_at"]
    readonly_fields = ["account", "user", "role", "created_at"]
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False


@register(Membership, site=site)
class MembershipAdmin(RowAdmin):
    fields = ["account", "user", "role", "created_at"]
    list_display = ["user", "account", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["account", "user"]
    search_fields = ["user__email", "user__name", "account__name"]
    acts = {
        "role": Act(
            _("Change role"),
            _("The new role holds from the member's next request on."),
            _change_role,
            form=RoleForm,
        ),
        "remove": Act(
            _("Remove from account"),
            _("The member reaches nothing of the account from the next request on. What they made stays."),
            _remove_member,
        ),
    }
