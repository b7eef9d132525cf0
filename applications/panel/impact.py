"""What will stop working: the figures that every destructive act shows before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application

MOST = 10_000  # tokens looked at, so that a page costs the same for an application that has millions
SHOWN = 5  # addresses named one by one


@dataclass(frozen=True, slots=True)
class Seen:
    """An address, how many tokens it holds in words, and when the latest of them was used or issued."""

    ip: str
    words: str
    latest: datetime


@dataclass(frozen=True, slots=True)
class Impact:
    """What an application's clients hold: tokens (at most MOST + 1 are counted), where and when it was used.

    `figures` are (label, text) or (label, time); components/impact.html draws them.
    """

    tokens: int
    figures: list[tuple[str, str | datetime | None]]
    addresses: list[Seen]

    @property
    def count(self) -> str:
        """How many tokens, as a figure: "18", or "10,000+"."""
        return counted(self.tokens)


def counted(tokens: int) -> str:
    """Write a number of tokens that was counted up to MOST + 1."""
    figure = number_format(min(tokens, MOST), force_grouping=True)
    return f"{figure}+" if tokens > MOST else figure


def valid_tokens(application: Application) -> int:
    """How many tokens work, or would if the application were enabled; not counted beyond MOST + 1."""
    return application.tokens.valid()[: MOST + 1].count()


def impact_of(application: Application) -> Impact:
    """Return what stops when this application's tokens or secret do; two queries, however many tokens."""
    tokens = valid_tokens(application)
    seen = [_seen(row) for row in application.tokens.valid().newest(MOST).by_address()]
    figures: list[tuple[str, str | datetime | None]] = [
        (_("Live tokens") if application.is_enabled else _("Waiting tokens"), counted(tokens)),
        (_("Last used"), application.last_used_at),
        (_("Addresses"), number_format(len(seen), force_grouping=True)),
    ]
    return Impact(tokens, figures, seen[:SHOWN])


def _seen(row: Mapping[str, Any]) -> Seen:
    words = ngettext("%(count)d token", "%(count)d tokens", row["tokens"]) % {"count": row["tokens"]}
    return Seen(str(row["address"] or _("unknown")), words, row["latest"])
