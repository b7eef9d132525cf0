"""A change of a person's email: asked for by the person, and confirmed by mail from the old and the new address."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

WORKS_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)  # after its end: so long the page of its links says what became of it


class EmailChangeState(models.TextChoices):
    """What became of a change."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    def pending(self) -> "EmailChangeQuerySet":
        """Those neither done nor withdrawn, expired ones included."""
        return self.filter(done_at=None, withdrawn_at=None)

    def open(self) -> "EmailChangeQuerySet":
        """Those whose links work."""
        return self.pending().filter(expires_at__gt=now())

    def forgotten(self) -> "EmailChangeQuerySet":
        """Those that are of no use to anybody any more."""
        return self.filter(expires_at__lt=now() - KEPT_FOR)


class EmailChange(models.Model):
    """Each address gets a link of 160 random bits, of which the SHA-256 is kept.

    Where somebody else has the new address, it gets no link: the change looks like any other and is never done.
    """

    user = models.ForeignKey("applications.User", models.CASCADE, related_name="email_changes")
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    old_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    new_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    old_confirmed_at = models.DateTimeField(null=True)
    new_confirmed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(done_at=None, withdrawn_at=None),
                name="email_change_pending_once",
            ),
            models.CheckConstraint(
                condition=models.Q(old_email=Lower("old_email"), new_email=Lower("new_email")),
                name="email_change_is_lower_case",
            ),
            models.CheckConstraint(
                condition=models.Q(done_at=None)
                | models.Q(old_confirmed_at__isnull=False, new_confirmed_at__isnull=False),
                name="email_change_done_is_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_email} → {self.new_email}"

    @property
    def state(self) -> EmailChangeState:
        """What became of it."""
        if self.done_at:
            return EmailChangeState.DONE
        if self.withdrawn_at:
            return EmailChangeState.WITHDRAWN
        return EmailChangeState.OPEN if self.expires_at > now() else EmailChangeState.EXPIRED

    def is_for_old(self, link_digest: bytes) -> bool:
        """Whether the link of this digest went to the old address; else it went to the new one."""
        return bytes(self.old_digest) == link_digest

    def is_confirmed_by(self, link_digest: bytes) -> bool:
        """Whether the address that the link went to has confirmed."""
        moment = self.old_confirmed_at if self.is_for_old(link_digest) else self.new_confirmed_at
        return moment is not None
