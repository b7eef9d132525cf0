"""Second factors: who has one; encrypting them anew, after the first of ENCRYPTION_KEYS was changed."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from applications.models import User

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_second_factor(user: User) -> bool:
    """Whether the person has an authenticator app or a passkey. Recovery codes alone are none."""
    found: bool = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()
    return found


def reseal_second_factors() -> int:
    """Encrypt each row with the first key; return how many they were. Raises CannotUnseal when a key is gone.

    Row by row under its lock: a recovery code that is used meanwhile must not come back.
    """
    keys = list(Authenticator.objects.values_list("pk", flat=True))
    for pk in keys:
        with transaction.atomic():
            if row := Authenticator.objects.select_for_update().filter(pk=pk).first():
                row.save(update_fields=["data"])
    return len(keys)
