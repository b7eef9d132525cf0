"""Issuing, revoking and purging access tokens."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import NotFound
from applications.models import AccessToken, Application, ApplicationSecret, hot
from applications.models.audit import Action
from applications.models.usage import ISSUED, Reason
from applications.operations.actors import Actor
from applications.operations.applications import locked
from applications.operations.audit import record_for
from applications.operations.usage import count, refuse
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import OPEN_FENCE, Address, allows

NO_FENCE = ""  # no application has this one (the canonical text holds a bar): nothing is inserted


class InvalidClient(Exception):
    """The client did not prove who it is, or may not ask from there; the reason is for the panel alone."""


class ScopeNotHeld(Exception):
    """The client asked for a scope that its application does not hold."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as its client receives it; `seconds` None for one that never expires."""

    value: str
    scope: str
    seconds: int | None


class Remembered:
    """A bounded memory of the fence each application had last; the statement itself checks that it still has."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.fences: OrderedDict[str, str] = OrderedDict()

    def get(self, application_id: str) -> str:
        return self.fences.get(application_id, OPEN_FENCE)

    def put(self, application_id: str, fence: str) -> None:
        self.fences[application_id] = fence
        while len(self.fences) > self.most:
            self.fences.popitem(last=False)


remembered = Remembered()


def issue_token(
    *,
    application_id: str,
    secret: str,
    scopes: tuple[str, ...] | None,
    address: Address,
    request_id: str,
) -> Issued:
    """Issue a token to the client of this ID and secret, for `scopes` or for all it holds (None).

    One statement; only when it inserts nothing is asked why. Raises InvalidClient or ScopeNotHeld. Writes
    no audit row: the token itself is the record (who, when, from where).
    """
    secret_digest, moment = digest(secret), now()
    fence = remembered.get(application_id)
    for _attempt in range(2):
        value = new_credential()
        inserted = hot.insert_token(
            key=token_key(value),
            hint=hint(value),
            application_id=application_id,
            secret_digest=secret_digest,
            scopes=scopes,
            fence=fence if allows(fence, address) else NO_FENCE,
            ip=str(address),
            moment=moment,
        )
        if inserted is not None:
            _used(inserted.application_pk, secret_digest, address, moment)
            return Issued(value, inserted.scope, inserted.seconds)
        fence = _diagnose(application_id, secret_digest, scopes, address, moment, request_id)
        remembered.put(application_id, fence)
    raise InvalidClient  # changed again between the two statements: the client may ask again


def _diagnose(
    application_id: str,
    secret_digest: bytes,
    scopes: tuple[str, ...] | None,
    address: Address,
    moment: datetime,
    request_id: str,
) -> str:
    """Return the fence the statement should have been given; raise what is wrong when it is not the fence.

    An unknown application costs the same: one SELECT and one comparison (security.md 5, 6).
    """
    stored = ApplicationSecret.objects.filter(application__application_id=application_id)
    secrets = list(stored.select_related("application"))
    digests = [bytes(secret.digest) for secret in secrets] or [bytes(32)]
    matches = [hmac.compare_digest(stored_digest, secret_digest) for stored_digest in digests]
    if not secrets:
        raise InvalidClient
    application = secrets[0].application
    used = secrets[matches.index(True)] if any(matches) else None
    if reason := _reason(application, used, address, moment):
        refuse(application, reason, ip=str(address), request_id=request_id, detail=used.hint if used else "")
        raise InvalidClient
    if missing := [name for name in scopes or () if name not in application.scope_names]:
        refuse(
            application, Reason.SCOPE, ip=str(address), request_id=request_id, detail=" ".join(missing)[:200]
        )
        raise ScopeNotHeld
    return application.fence


def _reason(
    application: Application, used: ApplicationSecret | None, address: Address, moment: datetime
) -> Reason | None:
    if used is None:
        return Reason.WRONG_SECRET
    if used.expires_at and used.expires_at <= moment:
        return Reason.OLD_SECRET
    if not application.is_enabled:
        return Reason.DISABLED
    return None if allows(application.fence, address) else Reason.ADDRESS


MINUTE = timedelta(minutes=1)
_written: OrderedDict[tuple[int, bytes], float] = OrderedDict()


def _used(application_pk: int, secret_digest: bytes, address: Address, moment: datetime) -> None:
    """Count the token, and write "last used" of application and secret, at most once a minute each."""
    count(application_pk, ISSUED)
    key, clock = (application_pk, secret_digest), time.monotonic()
    if clock - _written.get(key, -MINUTE.total_seconds()) < MINUTE.total_seconds():
        return
    _written[key] = clock
    while len(_written) > remembered.most:
        _written.popitem(last=False)
    secrets = ApplicationSecret.objects.filter(application=application_pk, digest=secret_digest)
    for unwritten in (Application.objects.filter(pk=application_pk), secrets):
        unwritten.exclude(last_used_at__gt=moment - MINUTE).update(
            last_used_at=moment, last_used_ip=str(address)
        )


@transaction.atomic
def revoke_token(*, token: AccessToken, actor: Actor) -> None:
    """Revoke one token; NotFound when it is dead already."""
    application = locked(token.application)
    if not AccessToken.objects.live().filter(pk=token.pk).update(revoked_at=now()):
        raise NotFound(_("This token has stopped already."))
    record_for(actor, application, Action.TOKEN_REVOKED, {"token": token.hint})


@transaction.atomic
def revoke_all_tokens(*, application: Application, actor: Actor) -> None:
    """Revoke every token of an application, in the same time for one and for a million."""
    application = locked(application)
    end_generation(application)
    record_for(actor, application, Action.TOKENS_REVOKED)


def end_generation(application: Application) -> None:
    """Let tokens of every generation so far be dead; part of an operation that holds the application's lock."""
    application.generation += 1
    application.live_generation = application.generation
    application.save(update_fields=["generation", "live_generation"])
