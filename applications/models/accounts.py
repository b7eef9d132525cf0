"""An account: a customer of the platform, owner of everything else."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Length
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Lifetime
from applications.rules.destinations import known_zones

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone, such as Europe/Warsaw."""
    if name not in known_zones():
        raise ValidationError(_("Choose a time zone of the list, such as Europe/Warsaw."), code="timezone")


class Account(models.Model):
    """A customer of the platform. Its time zone is the one its pages and its quiet hours are shown in.

    `allowlist` repeats the account's allowed IPs, "10.0.0.0/8 192.0.2.1/32", for the statement that looks up API keys;
    only operations/allowed_ips.py writes it.
    """

    name = models.CharField(_("name"), max_length=100)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    requires_second_factor = models.BooleanField(_("members need a second factor"), default=False)
    default_lifetime = models.CharField(
        _("token lifetime of new applications"), max_length=6, choices=Lifetime, default=Lifetime.DAY
    )
    stops_found_secrets = models.BooleanField(
        _("secrets that were found are stopped"), default=True, db_default=True
    )
    revision = models.PositiveIntegerField(default=0, editable=False)  # counts the changes of the settings
    allowlist = models.TextField(default="", editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    members = models.ManyToManyField(
        "applications.User", through="applications.Membership", related_name="accounts"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(name__length__gt=0), name="account_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(default_lifetime__in=Lifetime.values),
                name="account_default_lifetime_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_full(self) -> bool:
        """Whether it has as many applications as it may have (APPLICATIONS_PER_ACCOUNT; 0: as many as it likes)."""
        most: int = settings.APPLICATIONS_PER_ACCOUNT
        return most > 0 and self.applications.count() >= most
