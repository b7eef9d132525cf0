"""Accounts: to look at, and to invite people to."""

from django.contrib import messages
from django.contrib.admin import register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of
from applications.admin.memberships import Members
from applications.admin.site import site
from applications.forms.members import InviteForm
from applications.models import Account
from applications.models.memberships import Role
from applications.operations.invitations import invite_member
from applications.rules.emails import EmailAddress


def _invite(request: HttpRequest, account: Account, email: EmailAddress, role: Role) -> None:
    invite_member(account=account, email=email, role=role, actor=actor_of(request))
    words = _("An invitation was mailed to %(email)s. Its link works for 7 days.")
    messages.success(request, words % {"email": email})


@register(Account, site=site)
class AccountAdmin(RowAdmin):
    fields = [
        "name",
        "timezone",
        "requires_second_factor",
        "default_lifetime",
        "stops_found_secrets",
        "created_at",
    ]
    list_display = ["name", "timezone", "created_at"]
    search_fields = ["name"]
    inlines = [Members]
    acts = {
        "invite": Act(
            _("Invite a member"),
            _("They get an email with a link that works for 7 days."),
            _invite,
            form=InviteForm,
        )
    }
