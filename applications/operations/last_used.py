"""Noting that credentials are used: each use is counted, "last used" written at most once a minute."""

import time
from collections import OrderedDict
from datetime import datetime, timedelta

from django.db import models

from applications.models import AccessToken, APIKey, Application, ApplicationSecret, ResourceServer
from applications.models.statements.api_keys import FoundApiKey
from applications.models.statements.tokens import FoundToken
from applications.operations.address_use import Purpose
from applications.operations.usage import record_address_use
from applications.rules.networks import Address

MINUTE = timedelta(minutes=1)
MAX_WRITTEN = 10_000  # rows whose last writing a process remembers


def record_token_use(
    found: FoundToken, address: Address | None, moment: datetime, purpose: Purpose = None
) -> None:
    """Note that a token was used: count it, and write when, if a minute has passed since that was written.

    `address` None: it is not known from where, and what is known of an earlier use stays. `purpose`: the scopes that
    it was found good for.
    """
    record_address_use("application", found.application_pk, address, purpose=purpose)
    _record_use(AccessToken, found.pk, found.last_used_at, address, moment)
    _record_use(Application, found.application_pk, found.application_last_used_at, address, moment)


def record_api_key_use(found: FoundApiKey, address: Address, moment: datetime) -> None:
    """Note that an API key was used: count it, and write when, if a minute has passed since that was written."""
    record_address_use("api_key", found.pk, address)
    _record_use(APIKey, found.pk, found.last_used_at, address, moment)


def _record_use(
    model: type[models.Model], pk: int, used: datetime | None, address: Address | None, moment: datetime
) -> None:
    if used is None or used <= moment - MINUTE:
        _write(model._default_manager.filter(pk=pk), address, moment)


_written: OrderedDict[tuple[int | bytes, ...], float] = OrderedDict()


def record_secret_use(application_pk: int, secret_digest: bytes, address: Address, moment: datetime) -> None:
    """Count the use, and write "last used" of an application and of its secret, at most once a minute each."""
    record_address_use("application", application_pk, address, secret_digest=secret_digest)
    if _is_due(application_pk, secret_digest):
        secrets = ApplicationSecret.objects.filter(application=application_pk, digest=secret_digest)
        _write(Application.objects.filter(pk=application_pk), address, moment)
        _write(secrets, address, moment)


def record_server_use(server_pk: int, secret_digest: bytes, address: Address, moment: datetime) -> None:
    """Write "last used" of a resource server, at most once a minute."""
    if _is_due(server_pk, secret_digest):
        _write(ResourceServer.objects.filter(pk=server_pk), address, moment)


def _is_due(*key: int | bytes) -> bool:
    """Whether this process last wrote the use of this row and secret a minute ago, or never."""
    clock = time.monotonic()
    if clock - _written.get(key, -MINUTE.total_seconds()) < MINUTE.total_seconds():
        return False
    _written[key] = clock
    while len(_written) > MAX_WRITTEN:
        _written.popitem(last=False)
    return True


def _write[Row: models.Model](rows: models.QuerySet[Row], address: Address | None, moment: datetime) -> None:
    """Repeat the condition in the statement, so that of many requests at once one writes."""
    place = {"last_used_ip": str(address)} if address else {}
    rows.exclude(last_used_at__gt=moment - MINUTE).update(last_used_at=moment, **place)
