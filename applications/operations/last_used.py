"""Writing "last used" of tokens and applications, at most once a minute each."""

from datetime import datetime, timedelta

from applications.models import AccessToken, Application
from applications.models.hot import Found
from applications.rules.networks import Address

MINUTE = timedelta(minutes=1)


def touch(found: Found, address: Address, moment: datetime) -> None:
    """Note that a token was used, where a minute has passed since the last note.

    The condition is repeated in the statement, so that of many requests at once one writes.
    """
    late = moment - MINUTE
    rows = (
        (AccessToken, found.pk, found.last_used_at),
        (Application, found.application_pk, found.application_last_used_at),
    )
    for model, pk, used in rows:
        if used is None or used <= late:
            unwritten = model.objects.filter(pk=pk).exclude(last_used_at__gt=late)
            unwritten.update(last_used_at=moment, last_used_ip=str(address))
