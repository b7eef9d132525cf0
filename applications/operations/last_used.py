"""Noting that tokens and API keys are used: each use is counted, "last used" written at most once a minute."""

from datetime import datetime, timedelta

from django.db import models

from applications.models import AccessToken, APIKey, Application
from applications.models.statements.api_keys import FoundKey
from applications.models.statements.tokens import Found
from applications.operations.usage import see
from applications.rules.networks import Address

MINUTE = timedelta(minutes=1)


def touch(found: Found, address: Address | None, moment: datetime) -> None:
    """Note that a token was used: count it, and write when, if a minute has passed since that was written.

    `address` None: it is not known from where, and what is known of an earlier use stays.
    """
    if address is not None:
        see("application", found.application_pk, address)
    _note(AccessToken, found.pk, found.last_used_at, address, moment)
    _note(Application, found.application_pk, found.application_last_used_at, address, moment)


def touch_api_key(found: FoundKey, address: Address, moment: datetime) -> None:
    """Note that an API key was used: count it, and write when, if a minute has passed since that was written."""
    see("api_key", found.pk, address)
    _note(APIKey, found.pk, found.last_used_at, address, moment)


def _note(
    model: type[models.Model], pk: int, used: datetime | None, address: Address | None, moment: datetime
) -> None:
    """Repeat the condition in the statement, so that of many requests at once one writes."""
    late = moment - MINUTE
    if used is None or used <= late:
        place = {"last_used_ip": str(address)} if address else {}
        rows = model._default_manager.filter(pk=pk).exclude(last_used_at__gt=late)
        rows.update(last_used_at=moment, **place)
