"""The secrets of an application that work now, and from where each is used."""

from typing import TypedDict

from applications.models import AddressUse, Application, ApplicationSecret
from applications.panel.impact import MAX_TOKENS, UseImpact, Uses, impact_of_uses, with_last


class WorkingSecrets(TypedDict):
    """`secret` is the current one, `old` the one it replaced while that still works; each with what used it."""

    secret: ApplicationSecret
    old: ApplicationSecret | None
    secret_use: UseImpact
    old_use: UseImpact | None


def working_secrets(application: Application) -> WorkingSecrets:
    """Return what the pages show of the secrets; two queries."""
    secret, *older = working = list(application.secrets.working())
    uses = _uses(working)
    old = older[0] if older else None
    return {
        "secret": secret,
        "old": old,
        "secret_use": impact_of_uses(uses[secret.pk], secret.last_used_at),
        "old_use": impact_of_uses(uses[old.pk], old.last_used_at) if old else None,
    }


def use_of(secret: ApplicationSecret) -> UseImpact:
    """Return what one secret was used for."""
    return impact_of_uses(_uses([secret])[secret.pk], secret.last_used_at)


def _uses(secrets: list[ApplicationSecret]) -> dict[int, Uses]:
    """From where each secret was used of late."""
    found: dict[int, Uses] = {secret.pk: {} for secret in secrets}
    for pk, ip, calls, latest in (
        AddressUse.objects.recent().filter(secret__in=secrets).per_secret()[:MAX_TOKENS]
    ):
        found[pk][ip] = (calls, latest)
    return {
        secret.pk: with_last(found[secret.pk], secret.last_used_ip, secret.last_used_at) for secret in secrets
    }
