"""Clients that prove who they are, in the statement that does what they ask; why not is asked afterwards."""

import hmac
import time
from collections import OrderedDict
from datetime import datetime, timedelta

from django.db import models
from django.utils.timezone import now

from applications.models import Application, ApplicationSecret, ResourceServer, hot
from applications.models.usage import Reason
from applications.operations.throttle import failures
from applications.operations.usage import count, refuse, see
from applications.rules.credentials import digest
from applications.rules.networks import OPEN_FENCE, Address, allows

MINUTE = timedelta(minutes=1)
NO_FENCE = ""  # no application has this one (the canonical text holds a bar): no statement finds it


class InvalidClient(Exception):
    """The client did not prove who it is, or may not ask from there; the reason is for the panel alone.

    `wait` is in seconds, and more than 0 after too many failures from one address (operations/throttle.py).
    """

    def __init__(self, wait: int = 0) -> None:
        super().__init__(wait)
        self.wait = wait


class Remembered:
    """A bounded memory of the fence each application had last; the statement itself checks that it still has."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.fences: OrderedDict[str, str] = OrderedDict()

    def usable(self, client_id: str, address: Address) -> str:
        """Return the fence to ask with: NO_FENCE where `address` is outside the one remembered."""
        fence = self.fences.get(client_id, OPEN_FENCE)
        return fence if allows(fence, address) else NO_FENCE

    def put(self, client_id: str, fence: str) -> None:
        self.fences[client_id] = fence
        while len(self.fences) > self.most:
            self.fences.popitem(last=False)


remembered = Remembered()


def ask(*, client_id: str, secret: str, token: str, address: Address, request_id: str) -> hot.Asked:
    """Return who asks (an application or a resource server) and the live token of this value, if they may see it.

    One statement checks both. An application sees the tokens of its account, a resource server any.
    Raises InvalidClient.
    """
    secret_digest, moment = digest(secret), now()
    for _attempt in range(2):
        asked = hot.ask(
            client_id=client_id,
            secret_digest=secret_digest,
            fence=remembered.usable(client_id, address),
            token=token,
            moment=moment,
        )
        if asked is not None:
            _note_use(asked, secret_digest, address, moment)
            return asked
        client = diagnose(client_id, secret_digest, address, moment, request_id)
        remembered.put(client_id, client.fence)
    raise InvalidClient  # changed again between the two statements: the client may ask again


def diagnose(
    client_id: str, secret_digest: bytes, address: Address, moment: datetime, request_id: str
) -> hot.StoredSecret:
    """Return the client when it is all right, so that it was something else; raise InvalidClient.

    An unknown client costs the same: one SELECT, one comparison, one refusal recorded, which is dropped when the others
    are written (security.md 5, 6; bench/timing.py measures the difference).
    """
    client, reason = _judge(hot.find_secrets(client_id), secret_digest, address, moment)
    if reason is None:
        return client
    wait = failures.note(address, client_id)
    detail = "" if reason is Reason.WRONG_SECRET else client.hint
    _keep(client.application_pk, reason, address, request_id, detail, wait)
    raise InvalidClient(wait)


def _judge(
    secrets: list[hot.StoredSecret], secret_digest: bytes, address: Address, moment: datetime
) -> tuple[hot.StoredSecret, Reason | None]:
    matches = [hmac.compare_digest(bytes(secret.digest), secret_digest) for secret in secrets]
    if not any(matches):
        return secrets[0], Reason.WRONG_SECRET
    used = secrets[matches.index(True)]
    return used, _reason(used, address, moment)


def _reason(used: hot.StoredSecret, address: Address, moment: datetime) -> Reason | None:
    if used.expires_at and used.expires_at <= moment:
        return Reason.OLD_SECRET
    if not used.is_enabled:
        return Reason.DISABLED
    return None if allows(used.fence, address) else Reason.ADDRESS


def _keep(
    application_pk: int, reason: Reason, address: Address, request_id: str, detail: str, wait: int
) -> None:
    """Count the refusal, and keep it one by one as long as it is not one of very many."""
    if wait:
        count(application_pk, reason)
    else:
        refuse(application_pk, reason, ip=str(address), request_id=request_id, detail=detail)


_written: OrderedDict[tuple[int | bytes, ...], float] = OrderedDict()


def note_secret_used(application_pk: int, secret_digest: bytes, address: Address, moment: datetime) -> None:
    """Count the use, and write "last used" of an application and of its secret, at most once a minute each."""
    see("application", application_pk, address, secret_digest=secret_digest)
    if _is_due(application_pk, secret_digest):
        secrets = ApplicationSecret.objects.filter(application=application_pk, digest=secret_digest)
        _write(Application.objects.filter(pk=application_pk), address, moment)
        _write(secrets, address, moment)


def _note_use(asked: hot.Asked, secret_digest: bytes, address: Address, moment: datetime) -> None:
    if asked.application_pk is not None:
        note_secret_used(asked.application_pk, secret_digest, address, moment)
    elif asked.server_pk is not None:
        note_server_used(asked.server_pk, secret_digest, address, moment)


def note_server_used(server_pk: int, secret_digest: bytes, address: Address, moment: datetime) -> None:
    """Write "last used" of a resource server, at most once a minute."""
    if _is_due(server_pk, secret_digest):
        _write(ResourceServer.objects.filter(pk=server_pk), address, moment)


def _is_due(*key: int | bytes) -> bool:
    """Whether this process last wrote the use of this row and secret a minute ago, or never."""
    clock = time.monotonic()
    if clock - _written.get(key, -MINUTE.total_seconds()) < MINUTE.total_seconds():
        return False
    _written[key] = clock
    while len(_written) > remembered.most:
        _written.popitem(last=False)
    return True


def _write[Row: models.Model](rows: models.QuerySet[Row], address: Address, moment: datetime) -> None:
    """Repeat the condition in the statement, so that of many processes at once one writes."""
    unwritten = rows.exclude(last_used_at__gt=moment - MINUTE)
    unwritten.update(last_used_at=moment, last_used_ip=str(address))
