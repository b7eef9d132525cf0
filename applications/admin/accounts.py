"""Accounts, the people in them and what they own: to look at, and to stop in an emergency."""

from django.contrib import messages
from django.contrib.admin import display, register
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from applications.admin.acts import Act, AnyInline, RowAdmin, actor_of
from applications.admin.site import site
from applications.forms.members import InviteForm, RoleForm
from applications.models import Account, APIKey, Application, AuditEvent, Invitation, Membership, User
from applications.models.invitations import InvitationState
from applications.models.memberships import Role
from applications.operations.api_keys import revoke_api_key
from applications.operations.applications import switch_application
from applications.operations.invitations import invite_member, withdraw_invitation
from applications.operations.members import change_role, remove_member
from applications.operations.tokens import revoke_all_tokens
from applications.rules.emails import Email


def _disable(request: HttpRequest, application: Application) -> None:
    switch_application(application=application, enabled=False, actor=actor_of(request))


def _enable(request: HttpRequest, application: Application) -> None:
    switch_application(application=application, enabled=True, actor=actor_of(request))


def _revoke_tokens(request: HttpRequest, application: Application) -> None:
    revoke_all_tokens(application=application, actor=actor_of(request))


def _revoke_key(request: HttpRequest, key: APIKey) -> None:
    revoke_api_key(api_key=key, actor=actor_of(request))


def _invite(request: HttpRequest, account: Account, email: Email, role: Role) -> None:
    invite_member(account=account, email=email, role=role, actor=actor_of(request))
    words = _("An invitation was mailed to %(email)s. Its link works for 7 days.")
    messages.success(request, words % {"email": email})


def _change_role(request: HttpRequest, membership: Membership, role: Role) -> None:
    change_role(membership=membership, role=role, actor=actor_of(request))


def _remove_member(request: HttpRequest, membership: Membership) -> None:
    remove_member(membership=membership, actor=actor_of(request))


def _withdraw(request: HttpRequest, invitation: Invitation) -> None:
    withdraw_invitation(invitation=invitation, actor=actor_of(request))


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


@register(Account, site=site)
class AccountAdmin(RowAdmin):
    fields = ["name", "timezone", "requires_second_factor", "default_lifetime", "created_at"]
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


@register(User, site=site)
class UserAdmin(RowAdmin):
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name"]
    inlines = [Members]


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


@register(APIKey, site=site)
class APIKeyAdmin(RowAdmin):
    fields = [
        "name",
        "key",
        "account",
        "scope",
        "expires_at",
        "revoked_at",
        "created_at",
        "created_by",
        "last_used_at",
        "last_used_ip",
    ]
    list_display = ["__str__", "account", "expires_at", "revoked_at", "last_used_at", "last_used_ip"]
    list_select_related = ["account"]
    search_fields = ["name", "account__name"]
    acts = {
        "revoke": Act(
            _("Revoke"),
            _("The key stops at the next request, for good."),
            _revoke_key,
            lambda key: key.is_live,
        )
    }

    @display(description=_("key"))
    def key(self, key: APIKey) -> str:
        return f"••••{key.hint}"


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
