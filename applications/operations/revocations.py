"""Ending all that was issued before a moment, in every account: after a backup was restored, or all may be known."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.timezone import is_naive, now
from django.utils.translation import gettext as _

from applications.errors import InvalidParam
from applications.models import AccessToken, APIKey, ApplicationSecret, ResourceServer
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_operator


@dataclass(frozen=True, slots=True)
class Revoked:
    """How many of each kind were ended."""

    tokens: int
    secrets: int
    keys: int


@transaction.atomic
def revoke_before(*, moment: datetime, secrets: bool, keys: bool, actor: Actor) -> Revoked:
    """End every token issued before `moment` and, if asked, secrets and API keys made before it.

    One statement for each kind, however many rows it has; dead ones stay as they are. An application or resource
    server whose secret ended has one that nobody knows, until it is reset. InvalidParam for a moment without a time
    zone or ahead of now.
    """
    check_operator(actor)
    _check(moment)
    revoked = Revoked(
        tokens=_end_tokens(moment),
        secrets=_end_secrets(moment) if secrets else 0,
        keys=APIKey.objects.live().filter(created_at__lt=moment).update(revoked_at=now()) if keys else 0,
    )
    details = {"before": moment, "tokens": revoked.tokens, "secrets": revoked.secrets, "keys": revoked.keys}
    record(actor, None, Action.REVOKED_BEFORE, details=details)
    return revoked


def _check(moment: datetime) -> None:
    if is_naive(moment):
        raise InvalidParam("moment", _("Give a time zone with the time, such as 2026-05-31T12:00:00Z."))
    if moment > now():
        raise InvalidParam("moment", _("This time is ahead: what is issued until then cannot be ended now."))


def _end_tokens(moment: datetime) -> int:
    return AccessToken.objects.valid().filter(issued_at__lt=moment).update(revoked_at=now())


def _end_secrets(moment: datetime) -> int:
    """The row of a current secret stays the current one, with a digest of which nobody knows the secret."""
    unknown = token_bytes(32)
    ended = ApplicationSecret.objects.working().filter(created_at__lt=moment).exclude(hint="")
    number = ended.filter(expires_at=None).update(
        digest=unknown, hint="", created_by="", created_at=now(), last_used_at=None, last_used_ip=None
    )
    number += ended.filter(~Q(expires_at=None)).stop(now())
    servers = ResourceServer.objects.alias(made_at=Coalesce("reset_at", "created_at")).filter(
        made_at__lt=moment
    )
    return number + servers.exclude(hint="").update(digest=unknown, hint="")
