"""What the pages of API keys show: each key as it stands now, what uses it, and what would stop."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import AddressUse, APIKey, Scope, User
from applications.models.usage import ADDRESS_USE_DAYS
from applications.panel.impact import MAX_TOKENS, UseImpact, Uses, impact_of_uses, with_last

SOON = timedelta(days=7)
MONTH = 30  # days


@dataclass(frozen=True, slots=True)
class State:
    """A word for how a key stands; components/state.html draws it."""

    text: str
    kind: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A key with the scopes it has now, those that were retired since, who made it, and what uses it."""

    key: APIKey
    name: str
    scopes: list[str]
    lost: list[str]
    created_by: str
    state: State
    impact: UseImpact


def rows_of(keys: Iterable[APIKey]) -> list[Row]:
    """Return the keys as they are shown: as many queries for one as for a page of them."""
    shown = list(keys)
    available = set(Scope.objects.available().values_list("name", flat=True))
    names = _names({key.created_by for key in shown})
    uses = _uses(shown)
    return [
        Row(
            key=key,
            name=key.name or _("Untitled"),
            scopes=[name for name in key.scope_names if name in available],
            lost=[name for name in key.scope_names if name not in available],
            created_by=names.get(key.created_by, key.created_by),
            state=_state(key, now()),
            impact=impact_of_uses(uses[key.pk], key.last_used_at),
        )
        for key in shown
    ]


def _names(emails: set[str]) -> dict[str, str]:
    """Names of the people whom the keys name by email."""
    return {user.email: str(user) for user in User.objects.filter(email__in=emails)}


def _state(key: APIKey, moment: datetime) -> State:
    if key.revoked_at is not None:
        return State(_("Revoked"))
    if not key.is_live:
        return State(_("Expired"))
    if key.expires_at is not None and key.expires_at - moment < SOON:
        return State(_("Expires soon"), "warn", "clock")
    if key.last_used_at is None:
        return State(_("Not used yet"), "", "hourglass")
    idle = (moment - key.last_used_at).days
    return State(_("In use"), "ok") if idle < ADDRESS_USE_DAYS else State(_unused(idle), "warn", "clock")


def _unused(days: int) -> str:
    if days < 2 * MONTH:
        return ngettext("Unused for %(count)d day", "Unused for %(count)d days", days) % {"count": days}
    months = days // MONTH
    return ngettext("Unused for %(count)d month", "Unused for %(count)d months", months) % {"count": months}


def _uses(keys: list[APIKey]) -> dict[int, Uses]:
    """From where each key was used of late."""
    found: dict[int, Uses] = {key.pk: {} for key in keys}
    counted = AddressUse.objects.recent().filter(api_key__in=keys).per_address()[:MAX_TOKENS]
    for _application, api_key_pk, ip, calls, latest in counted:
        if api_key_pk is not None:
            found[api_key_pk][ip] = (calls, latest)
    return {key.pk: with_last(found[key.pk], key.last_used_ip, key.last_used_at) for key in keys}
