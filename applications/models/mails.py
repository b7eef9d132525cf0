"""Mails about an account: of which kinds there are, and which of them each member wants."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailKind(models.TextChoices):
    """What members are told by mail. The value names the template: templates/emails/news/<value>.txt."""

    FOUND = "found", _("A credential was reported as found")
    SECRET = "secret", _("The secret of an application was reset or stopped")
    API_KEY = "api_key", _("An API key was created or revoked")
    NEVER = "never", _("The tokens of an application never expire")
    MEMBERS = "members", _("Members were invited, joined, left, were removed or got another role")
    SECOND_FACTOR = "second_factor", _("A member removed a second factor")


ALWAYS: Final = frozenset({MailKind.FOUND})
"""What owners and admins cannot switch off: somebody else may have the credential."""
OWN_ACTS: Final = "own"
"""A choice beside the kinds: mails also about what the member has done."""


class MailChoice(models.Model):
    """What a member chose about mails of one kind, or about OWN_ACTS. Without a row the role decides.

    So a kind that a later version adds is told to owners and admins, and a viewer who becomes an admin gets mails.
    """

    membership = models.ForeignKey("applications.Membership", models.CASCADE, related_name="mail_choices")
    kind = models.CharField(max_length=20)  # of MailKind, which grows without a migration; or OWN_ACTS
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "kind"], name="mail_choice_once_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.wanted}"
