"""How an application's messages are treated, channel by channel, and where it is told about them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from applications.models.applications import Application
from applications.rules import message_settings as rules
from applications.rules.previews import SmsSettings
from applications.rules.quiet_hours import parse_quiet_hours
from applications.rules.safe_urls import Policy
from applications.rules.transliteration import Alphabet

type Names = Mapping[str, str | Mapping[str, str]]

LONGEST_URL: Final = 500
LONGEST_TEMPLATE: Final = rules.LONGEST_TEMPLATE
PIN: Final = rules.PIN
TTL: Final = rules.CHANNEL_TTL.limits  # seconds that a channel has, before the next one is tried
PIN_LENGTH, PIN_TTL, PIN_ATTEMPTS = rules.PIN_LENGTH.limits, rules.PIN_TTL.limits, rules.PIN_ATTEMPTS.limits
CALLBACKS: Final = rules.CALLBACKS

# Channel → name in the API → column. `quietHours` and `transliteration` are objects.
DOCUMENTED: Final[Mapping[str, Names]] = {
    "sms": {
        "enforceOriginator": "sms_sender",
        "dlrCallback": "sms_dlr_callback",
        "receiveCallback": "sms_receive_callback",
        "quietHours": {"start": "sms_quiet_start", "stop": "sms_quiet_stop"},
        "transliteration": {"alphabet": "sms_alphabet", "removeEmojis": "sms_remove_emojis"},
    },
    "viber": {
        "dlrCallback": "viber_dlr_callback",
        "receiveCallback": "viber_receive_callback",
        "quietHours": {"start": "viber_quiet_start", "stop": "viber_quiet_stop"},
    },
    "whatsapp": {
        "dlrCallback": "whatsapp_dlr_callback",
        "receiveCallback": "whatsapp_receive_callback",
        "quietHours": {"start": "whatsapp_quiet_start", "stop": "whatsapp_quiet_stop"},
    },
    "multichannel": {
        "dlrCallback": "multichannel_dlr_callback",
        "receiveCallback": "multichannel_receive_callback",
        "quietHours": {"start": "multichannel_quiet_start", "stop": "multichannel_quiet_stop"},
        "ttl": "multichannel_ttl",
        "expireAfterTtl": "multichannel_expire_after_ttl",
    },
    "shortlinks": {"shortlinksCallback": "shortlinks_callback"},
    "attachments": {"attachmentsCallback": "attachments_callback"},
    "optouts": {"optoutsCallback": "optouts_callback"},
    "lookup": {"lookupCallback": "lookup_callback"},
    "otp": {
        "template": "otp_template",
        "from": "otp_sender",
        "pinType": "otp_pin_type",
        "pinLength": "otp_pin_length",
        "ttl": "otp_ttl",
        "maxAttempts": "otp_max_attempts",
        "otpCallback": "otp_callback",
    },
}


class PinType(models.TextChoices):
    """What a PIN is made of; the value is what the API says and takes as `pinType`."""

    NUMBERS = rules.PinType.NUMBERS.value, _("Numbers")
    LETTERS = rules.PinType.LETTERS.value, _("Letters")
    ALPHANUMERIC = rules.PinType.ALPHANUMERIC.value, _("Alphanumeric")


def callback_policy() -> Policy:
    """What callback URLs may be on this server."""
    return Policy(ports=frozenset(settings.CALLBACK_PORTS), insecure=settings.CALLBACK_INSECURE)


def _callback() -> "models.CharField[str, str]":
    return models.CharField(max_length=LONGEST_URL, blank=True, default="")


def _clock() -> "models.CharField[str, str]":
    return models.CharField(max_length=5, blank=True, default="")


def _quiet_hours(channel: str) -> models.CheckConstraint:
    start, stop = f"{channel}_quiet_start", f"{channel}_quiet_stop"
    neither = Q(**{start: "", stop: ""})
    both = Q(**{f"{start}__length": 5, f"{stop}__length": 5}) & ~Q(**{start: models.F(stop)})
    return models.CheckConstraint(condition=neither | both, name=f"{channel}_quiet_hours_start_and_stop")


def _between(column: str, limits: tuple[int, int], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{column}__range": limits}), name=name)


def _is_address(column: str) -> models.CheckConstraint:
    written = Q(**{f"{column}__startswith": "https://"}) | Q(**{f"{column}__startswith": "http://"})
    return models.CheckConstraint(condition=Q(**{column: ""}) | written, name=f"{column}_is_an_address")


class MessageSettingsQuerySet(models.QuerySet["MessageSettings"]):
    def of(self, application_pk: int) -> "MessageSettings":
        """The settings of an application; the defaults, not stored, where nobody has changed any."""
        return self.filter(pk=application_pk).first() or MessageSettings(application_id=application_pk)


class MessageSettings(models.Model):
    """One row an application, from the first change on; an application without one has the defaults.

    An empty callback is one that is not set, an empty sender leaves it to the request, and quiet hours are
    "HH:MM" at the receiver's wall clock, both or neither. TTLs are in seconds.
    """

    application = models.OneToOneField(
        "applications.Application", models.CASCADE, primary_key=True, related_name="message_settings"
    )

    sms_sender = models.CharField(max_length=16, blank=True, default="")
    sms_alphabet = models.CharField(
        max_length=20, choices=[(name.value, name.value) for name in Alphabet], default=Alphabet.NONE.value
    )
    sms_remove_emojis = models.BooleanField(default=False)
    sms_quiet_start, sms_quiet_stop = _clock(), _clock()
    sms_dlr_callback, sms_receive_callback = _callback(), _callback()

    viber_quiet_start, viber_quiet_stop = _clock(), _clock()
    viber_dlr_callback, viber_receive_callback = _callback(), _callback()

    whatsapp_quiet_start, whatsapp_quiet_stop = _clock(), _clock()
    whatsapp_dlr_callback, whatsapp_receive_callback = _callback(), _callback()

    multichannel_quiet_start, multichannel_quiet_stop = _clock(), _clock()
    multichannel_ttl = models.PositiveIntegerField(default=3600)
    multichannel_expire_after_ttl = models.BooleanField(default=False)
    multichannel_dlr_callback, multichannel_receive_callback = _callback(), _callback()

    shortlinks_callback, attachments_callback = _callback(), _callback()
    optouts_callback, lookup_callback = _callback(), _callback()

    otp_template = models.TextField(default="{{pin}} is your code.")
    otp_sender = models.CharField(max_length=11, default="InfoText")
    otp_pin_type = models.CharField(max_length=12, choices=PinType, default=PinType.NUMBERS)
    otp_pin_length = models.PositiveSmallIntegerField(default=6)
    otp_ttl = models.PositiveIntegerField(default=300)
    otp_max_attempts = models.PositiveSmallIntegerField(default=3)
    otp_callback = _callback()

    objects = MessageSettingsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sms_sender="") | Q(sms_sender__length__gte=3), name="sms_sender_is_long_enough"
            ),
            models.CheckConstraint(
                condition=Q(sms_alphabet__in=[name.value for name in Alphabet]), name="sms_alphabet_is_known"
            ),
            _quiet_hours("sms"),
            _quiet_hours("viber"),
            _quiet_hours("whatsapp"),
            _quiet_hours("multichannel"),
            _between("multichannel_ttl", TTL, "multichannel_ttl_in_range"),
            models.CheckConstraint(condition=Q(otp_template__contains=PIN), name="otp_template_has_the_pin"),
            models.CheckConstraint(
                condition=Q(otp_template__length__lte=LONGEST_TEMPLATE), name="otp_template_fits"
            ),
            models.CheckConstraint(condition=Q(otp_sender__length__gte=3), name="otp_sender_is_long_enough"),
            models.CheckConstraint(
                condition=Q(otp_pin_type__in=PinType.values), name="otp_pin_type_is_known"
            ),
            _between("otp_pin_length", PIN_LENGTH, "otp_pin_length_in_range"),
            _between("otp_ttl", PIN_TTL, "otp_ttl_in_range"),
            _between("otp_max_attempts", PIN_ATTEMPTS, "otp_max_attempts_in_range"),
            *map(_is_address, CALLBACKS),
        ]

    def __str__(self) -> str:
        return f"messages of {self.application}"

    @classmethod
    def of(cls, application: Application) -> "MessageSettings":
        """The settings of an application, as `of` of the queryset; without a query where it came with them."""
        found: MessageSettings | None = getattr(application, "message_settings", None)
        return found or cls(application=application)

    def values(self, columns: Iterable[str]) -> dict[str, Any]:
        """What these columns hold."""
        return {column: getattr(self, column) for column in columns}

    def fingerprint(self, columns: Iterable[str]) -> str:
        """A short text that differs when any of these columns does: what a writer saw (two admins at once)."""
        stored = json.dumps(self.values(columns), sort_keys=True)
        return hashlib.sha256(stored.encode()).hexdigest()[:16]

    def documented(self) -> dict[str, dict[str, Any]]:
        """All settings in the structure that the platform documents; a callback that is not set is None."""
        return {channel: self._written(names) for channel, names in DOCUMENTED.items()}

    def _written(self, names: Names) -> dict[str, Any]:
        return {name: self._value(column) for name, column in names.items()}

    def _value(self, column: str | Mapping[str, str]) -> Any:
        if not isinstance(column, str):
            return self._written(column)
        stored = getattr(self, column)
        return None if column in CALLBACKS and not stored else stored

    def sms_settings(self) -> SmsSettings:
        """What happens to the text, sender and time of an SMS."""
        return SmsSettings(
            sender=self.sms_sender,
            alphabet=Alphabet(self.sms_alphabet),
            remove_emojis=self.sms_remove_emojis,
            quiet_hours=parse_quiet_hours(self.sms_quiet_start, self.sms_quiet_stop),
        )
