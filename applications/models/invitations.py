"""An invitation: a link in a mail, by which the person of one address becomes a member of an account."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.memberships import Role

WORKS_FOR = timedelta(days=7)


class InvitationState(models.TextChoices):
    """What became of an invitation."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> "InvitationQuerySet":
        """Those neither accepted nor withdrawn, expired ones included: they can be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def open(self) -> "InvitationQuerySet":
        """Those whose link works."""
        return self.pending().filter(expires_at__gt=now())

    def ended_before(self, moment: datetime) -> "InvitationQuerySet":
        """Those whose link worked until before `moment`; sending one again moves its end."""
        return self.filter(expires_at__lt=moment)


class Invitation(models.Model):
    """For one email address (in lower case) and role. Of the link's 160 random bits only the SHA-256 is kept.

    Sending it again replaces the link: the one of the mail before stops working.
    """

    account = models.ForeignKey("applications.Account", models.CASCADE, related_name="invitations")
    email = models.EmailField(_("email"), max_length=254)
    role = models.CharField(_("role"), max_length=6, choices=Role)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    created_by = models.CharField(_("invited by"), max_length=254)
    sent_at = models.DateTimeField(_("sent"), default=now)
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_pending_once_per_email",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="invitation_email_is_lower_case"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> InvitationState:
        """What became of it."""
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.withdrawn_at:
            return InvitationState.WITHDRAWN
        return InvitationState.OPEN if self.expires_at > now() else InvitationState.EXPIRED
