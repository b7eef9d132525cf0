"""Invitations: to look at, and to withdraw."""

from django.contrib.admin import register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, RowAdmin, actor_of
from applications.admin.site import site
from applications.models import Invitation
from applications.models.invitations import InvitationState
from applications.operations.invitations import withdraw_invitation


def _withdraw(request: HttpRequest, invitation: Invitation) -> None:
    withdraw_invitation(invitation=invitation, actor=actor_of(request))


@register(Invitation, site=site)
class InvitationAdmin(RowAdmin):
    fields = [
        "account",
        "email",
        "role",
        "created_by",
        "sent_at",
        "expires_at",
        "accepted_at",
        "withdrawn_at",
    ]
    list_display = ["email", "account", "role", "created_by", "sent_at", "expires_at", "accepted_at"]
    list_select_related = ["account"]
    search_fields = ["email", "account__name"]
    acts = {
        "withdraw": Act(
            _("Withdraw invitation"),
            _("Its link stops working."),
            _withdraw,
            lambda invitation: invitation.state in (InvitationState.OPEN, InvitationState.EXPIRED),
        )
    }
