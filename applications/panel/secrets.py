"""The secrets of an application that work now, from where each is used, and whether the old one may go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from django.utils.timezone import now

from applications.models import AddressUse, Application, ApplicationSecret, SecretUse
from applications.models.applications import Lifetime
from applications.panel.impact import MAX_TOKENS, UseImpact, Uses, impact_of_uses, with_last

SILENT_FOR = timedelta(hours=24)  # after which nothing seems to use a secret


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether an old secret may be stopped: `is_silent` after SILENT_FOR without a call.

    `is_off`: the application is disabled, so that its silence says nothing. `outlives`: its tokens live longer than
    SILENT_FOR, so that a client may come back later than that.
    """

    is_silent: bool
    is_off: bool
    outlives: bool
    hours: int = SILENT_FOR // timedelta(hours=1)


class WorkingSecrets(TypedDict):
    """`secret` is the current one, `old` the one it replaced while that still works; each with what used it."""

    secret: ApplicationSecret
    old: ApplicationSecret | None
    secret_use: UseImpact
    old_use: UseImpact | None
    evidence: Evidence | None


def working_secrets(application: Application) -> WorkingSecrets:
    """Return what the pages show of the secrets; three queries."""
    secret, *older = working = list(application.secrets.working())
    uses = _uses(working)
    old = older[0] if older else None
    return {
        "secret": secret,
        "old": old,
        "secret_use": uses[secret.pk],
        "old_use": uses[old.pk] if old else None,
        "evidence": evidence_of(application, old, uses[old.pk]) if old else None,
    }


def use_of(secret: ApplicationSecret) -> UseImpact:
    """Return what one secret was used for."""
    return _uses([secret])[secret.pk]


def evidence_of(application: Application, old: ApplicationSecret, use: UseImpact) -> Evidence:
    """Return whether an old secret may be stopped, which `use` is of."""
    latest = max([old.created_at, *([old.last_used_at] if old.last_used_at else []), *_latest(use)])
    return Evidence(
        is_silent=application.is_enabled and not use.hour and latest <= now() - SILENT_FOR,
        is_off=not application.is_enabled,
        outlives=application.lifetime != Lifetime.DAY,
    )


def _latest(use: UseImpact) -> list[datetime]:
    return [address.latest for address in use.addresses[:1]]


def _uses(secrets: list[ApplicationSecret]) -> dict[int, UseImpact]:
    """From where and how often each secret was used of late."""
    found: dict[int, Uses] = {secret.pk: {} for secret in secrets}
    for pk, ip, calls, latest in (
        AddressUse.objects.recent().filter(secret__in=secrets).per_secret()[:MAX_TOKENS]
    ):
        found[pk][ip] = (calls, latest)
    hour = SecretUse.objects.of_the_last_hour(found, now())
    return {
        secret.pk: impact_of_uses(
            with_last(found[secret.pk], secret.last_used_ip, secret.last_used_at),
            secret.last_used_at,
            hour.get(secret.pk, 0),
        )
        for secret in secrets
    }
