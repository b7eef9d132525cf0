"""A member: a user in an account, with a role."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.mails import ALWAYS, OWN_ACTS, MailChoice, MailKind
from applications.models.users import User


class Role(models.TextChoices):
    """What a member may do, from most to least."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    VIEWER = "viewer", _("Viewer")


CHANGERS = (Role.OWNER, Role.ADMIN)
"""Who may change what belongs to an account; its members are changed by owners alone."""


class MembershipQuerySet(models.QuerySet["Membership"]):
    def owners(self) -> "MembershipQuerySet":
        """The owners who can sign in."""
        return self.filter(role=Role.OWNER, user__is_active=True)

    def of_person(self, user: User) -> "MembershipQuerySet":
        """The person's, with their accounts: that of the account used last first, the others by name."""
        used_last = models.Case(
            models.When(account=user.last_account_id, then=0), default=1, output_field=models.IntegerField()
        )
        mine = self.filter(user=user).select_related("account")
        return mine.order_by(used_last, "account__name", "account")

    def to_tell(self, kind: MailKind, *, by: str) -> "MembershipQuerySet":
        """Those who get a mail of this kind about what the person with the email `by` did ("" for a program)."""
        chosen = MailChoice.objects.filter(membership=OuterRef("pk"))
        wanted, unwanted = (Exists(chosen.filter(kind=kind, wanted=value)) for value in (True, False))
        usual = Q(role__in=CHANGERS)
        told = self.filter(usual | wanted if kind in ALWAYS else usual & ~unwanted | wanted)
        own_acts = Exists(chosen.filter(kind=OWN_ACTS, wanted=True))
        return told.filter(~Q(user__email=by) | own_acts, user__is_active=True)


class Membership(models.Model):
    """A user's place in an account. A viewer sees all, changes nothing and never sees a secret."""

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="memberships")
    user = models.ForeignKey("applications.User", models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=6, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="member_once_per_account"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="member_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.account} as {self.role}"

    @property
    def may_change(self) -> bool:
        """Whether this member may change things (owner or admin)."""
        return self.role in CHANGERS

    @property
    def mail_kinds(self) -> frozenset[MailKind]:
        """The kinds of mails about the account that this member gets; one query."""
        chosen = dict(self.mail_choices.values_list("kind", "wanted"))
        always = ALWAYS if self.may_change else frozenset()
        return always | {kind for kind in MailKind if chosen.get(kind, self.may_change)}

    @property
    def hears_of_own_acts(self) -> bool:
        """Whether this member gets mails about what they have done themselves, too."""
        return self.mail_choices.filter(kind=OWN_ACTS, wanted=True).exists()

    @property
    def may_change_members(self) -> bool:
        """Whether this member may invite, change and remove members (owner)."""
        return self.role == Role.OWNER
