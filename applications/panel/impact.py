"""What will stop working: the figures that every destructive act shows before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application
from applications.models.usage import ADDRESS_USE_DAYS

MAX_TOKENS = 10_000  # tokens looked at, so that a page costs the same for an application that has millions
SHOWN = 5  # addresses named one by one


@dataclass(frozen=True, slots=True)
class UsedAddress:
    """An address, what it holds or did in words ("2 tokens"), and when it last did."""

    ip: str
    words: str
    latest: datetime


@dataclass(frozen=True, slots=True)
class Impact:
    """What an application's clients hold: tokens (at most MAX_TOKENS + 1 are counted), where and when it was used.

    `figures` are (label, text) or (label, time); components/impact.html draws them.
    """

    tokens: int
    figures: list[tuple[str, str | datetime | None]]
    addresses: list[UsedAddress]

    @property
    def count(self) -> str:
        """How many tokens, as a figure: "18", or "10,000+"."""
        return counted(self.tokens)


def counted(tokens: int) -> str:
    """Write a number of tokens that was counted up to MAX_TOKENS + 1."""
    figure = number_format(min(tokens, MAX_TOKENS), force_grouping=True)
    return f"{figure}+" if tokens > MAX_TOKENS else figure


def valid_tokens(application: Application) -> int:
    """How many tokens work, or would if the application were enabled; not counted beyond MAX_TOKENS + 1."""
    return application.tokens.valid()[: MAX_TOKENS + 1].count()


def impact_of(application: Application) -> Impact:
    """Return what stops when this application's tokens or secret do; two queries, however many tokens."""
    tokens = valid_tokens(application)
    used = [_used_address(row) for row in application.tokens.valid().newest(MAX_TOKENS).by_address()]
    figures: list[tuple[str, str | datetime | None]] = [
        (_("Live tokens") if application.is_enabled else _("Waiting tokens"), counted(tokens)),
        (_("Last used"), application.last_used_at),
        (_("Addresses"), number_format(len(used), force_grouping=True)),
    ]
    return Impact(tokens, figures, used[:SHOWN])


def _used_address(row: Mapping[str, Any]) -> UsedAddress:
    words = ngettext("%(count)d token", "%(count)d tokens", row["tokens"]) % {"count": row["tokens"]}
    return UsedAddress(str(row["address"] or _("unknown")), words, row["latest"])


# --- One credential: an API key, or a secret -----------------------------------------------------

type Uses = dict[str, tuple[int, datetime]]  # address → calls of late, the latest of them


@dataclass(frozen=True, slots=True)
class UseImpact:
    """What a credential was used for in the last ADDRESS_USE_DAYS days, and from how many addresses.

    `hour`: calls in the last hour, where these are counted (of secrets). `figures` and `addresses` (at most SHOWN,
    the latest first) are what components/impact.html draws.
    """

    calls: int
    places: int
    figures: list[tuple[str, str | datetime | None]]
    addresses: list[UsedAddress]
    hour: int | None = None
    days: int = ADDRESS_USE_DAYS


def with_last(uses: Uses, ip: str | None, moment: datetime | None) -> Uses:
    """Return the counted uses and the latest use stored on the credential, which may not be counted yet."""
    if ip is None or moment is None or moment < now() - timedelta(days=ADDRESS_USE_DAYS):
        return uses
    calls, latest = uses.get(ip, (1, moment))
    return {**uses, ip: (calls, max(latest, moment))}


def impact_of_uses(uses: Uses, last_used_at: datetime | None, hour: int | None = None) -> UseImpact:
    """Return what stops when the credential does; `hour` as in UseImpact."""
    calls = sum(count for count, _latest in uses.values())
    label = _("Calls, %(days)d days") % {"days": ADDRESS_USE_DAYS} if hour is None else _("Calls, last hour")
    latest_first = sorted(uses.items(), key=lambda use: use[1][1], reverse=True)
    return UseImpact(
        calls=calls,
        places=len(uses),
        hour=hour,
        figures=[
            (label, number_format(calls if hour is None else hour, force_grouping=True)),
            (_("Last used"), last_used_at),
            (_("Addresses"), number_format(len(uses), force_grouping=True)),
        ],
        addresses=[UsedAddress(ip, _calls(count), latest) for ip, (count, latest) in latest_first[:SHOWN]],
    )


def _calls(count: int) -> str:
    words = ngettext("%(figure)s call", "%(figure)s calls", count)
    return words % {"figure": number_format(count, force_grouping=True)}
