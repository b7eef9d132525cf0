"""Encrypting second factors anew, after the first of ENCRYPTION_KEYS was changed."""

from allauth.mfa.models import Authenticator
from django.db import transaction


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
