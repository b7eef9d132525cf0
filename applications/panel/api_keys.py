"""What the pages of API keys show: each key as it stands now, what uses it, and what would stop."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.formats import number_format
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import AddressUse, APIKey, Scope, User
from applications.models.usage import REMEMBERED_DAYS
from applications.panel.impact import MOST, SHOWN, Seen

SOON = timedelta(days=7)
MONTH = 30  # days


@dataclass(frozen=True, slots=True)
class State:
    """A word for how a key stands; components/state.html draws it."""

    text: str
    kind: str = ""
    icon: str = ""


@dataclass(slots=True)
class KeyImpact:
    """What stops when a key is revoked; components/impact.html draws it."""

    figures: list[tuple[str, str | datetime | None]] = field(default_factory=list)
    addresses: list[Seen] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """A key with the scopes it has now, those that were retired since, who made it, and what uses it."""

    key: APIKey
    name: str
    scopes: list[str]
    lost: list[str]
    created_by: str
    state: State
    impact: KeyImpact


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
            impact=_impact(key, uses[key.pk]),
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
    return State(_("In use"), "ok") if idle < REMEMBERED_DAYS else State(_unused(idle), "warn", "clock")


def _unused(days: int) -> str:
    if days < 2 * MONTH:
        return ngettext("Unused for %(count)d day", "Unused for %(count)d days", days) % {"count": days}
    months = days // MONTH
    return ngettext("Unused for %(count)d month", "Unused for %(count)d months", months) % {"count": months}


type Uses = dict[str, tuple[int, datetime]]  # address → calls of late, the latest of them


def _uses(keys: list[APIKey]) -> dict[int, Uses]:
    """From where each key was used of late. What the last second brought is taken from the key itself."""
    found: dict[int, Uses] = {key.pk: {} for key in keys}
    counted = AddressUse.objects.recent().filter(api_key__in=keys).per_address()[:MOST]
    for _application, api_key_pk, ip, calls, latest in counted:
        if api_key_pk is not None:
            found[api_key_pk][ip] = (calls, latest)
    earliest = now() - timedelta(days=REMEMBERED_DAYS)
    for key in keys:
        if key.last_used_ip and key.last_used_at and key.last_used_at >= earliest:
            found[key.pk].setdefault(key.last_used_ip, (1, key.last_used_at))
    return found


def _impact(key: APIKey, uses: Uses) -> KeyImpact:
    calls = sum(count for count, _latest in uses.values())
    calls_label = _("Calls, %(days)d days") % {"days": REMEMBERED_DAYS}
    latest_first = sorted(uses.items(), key=lambda use: use[1][1], reverse=True)
    return KeyImpact(
        figures=[
            (calls_label, number_format(calls, force_grouping=True)),
            (_("Last used"), key.last_used_at),
            (_("Addresses"), number_format(len(uses), force_grouping=True)),
        ],
        addresses=[Seen(ip, _calls(count), latest) for ip, (count, latest) in latest_first[:SHOWN]],
    )


def _calls(count: int) -> str:
    words = ngettext("%(figure)s call", "%(figure)s calls", count)
    return words % {"figure": number_format(count, force_grouping=True)}
