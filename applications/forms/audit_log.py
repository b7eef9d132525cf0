"""The filters of the audit log. What does not fit counts as not said: a list never refuses."""

import ipaddress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.timezone import get_current_timezone

from applications.models import Account, AuditEvent
from applications.models.audit import Action, ActorKind, AuditQuerySet
from applications.rules.credentials import is_credential

LARGEST_KEY = 2**63 - 1
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)  # beyond, there are no rows


class AuditFilterForm(forms.Form):
    """The query of the list's address. `who` is a kind ("command") or one of a kind ("user:alice@marlowe.example")."""

    q = forms.CharField(required=False, max_length=45)
    who = forms.CharField(required=False, max_length=270)
    action = forms.ChoiceField(required=False, choices=Action.choices)
    application = forms.CharField(required=False, max_length=40)
    first = forms.DateField(required=False)
    last = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_KEY)
    after = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_KEY)


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What the list is narrowed to; "" or None where nothing was said.

    `search` is an address or a request's ID; `first` and `last` are days in the current time zone, both included;
    `before` and `after` are keys of rows, to go on from.
    """

    search: str = ""
    who: str = ""
    action: str = ""
    application_id: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = field(default=None, compare=False)
    after: int | None = field(default=None, compare=False)

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says and can be meant."""
        form = AuditFilterForm(query)
        form.full_clean()
        said = form.cleaned_data
        application_id = said.get("application", "")
        return cls(
            search=said.get("q", ""),
            who=said.get("who", "") if _kind(said.get("who", "")) in ActorKind.values else "",
            action=said.get("action", ""),
            application_id=application_id if is_credential(application_id) else "",
            first=said.get("first"),
            last=said.get("last"),
            before=said.get("before"),
            after=said.get("after"),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return self != type(self)()

    @property
    def query(self) -> str:
        """The filters as the query of an address, without the place in the list: for the exports."""
        said = {
            "q": self.search,
            "who": self.who,
            "action": self.action,
            "application": self.application_id,
            "first": self.first,
            "last": self.last,
        }
        return urlencode({name: value for name, value in said.items() if value})

    def apply(self, account: Account) -> AuditQuerySet:
        """Return the account's rows that match, the newest first."""
        start = midnight(self.first) if self.first else None
        end = midnight(min(self.last, LATEST) + timedelta(days=1)) if self.last else None
        events = AuditEvent.objects.filter(account=account).between(start, end)
        if self.search:
            events = _matching(events, self.search)
        if self.who:
            kind, _colon, name = self.who.partition(":")
            events = events.filter(actor=name, actor_kind=kind) if name else events.filter(actor_kind=kind)
        if self.action:
            events = events.filter(action=self.action)
        if self.application_id:
            events = events.filter(application_id=self.application_id)
        return events.order_by("-pk")


def _kind(who: str) -> str:
    return who.partition(":")[0]


def _matching(events: AuditQuerySet, search: str) -> AuditQuerySet:
    """Rows of this address, or else of the request with this ID."""
    try:
        return events.filter(ip=str(ipaddress.ip_address(search)))
    except ValueError:
        return events.filter(request_id=search.lower()) if search else events.none()


def midnight(day: date) -> datetime:
    """Return when a day begins in the current time zone; days that no row can be of are moved to where rows may be."""
    day = min(max(day, EARLIEST), LATEST)
    return datetime(day.year, day.month, day.day, tzinfo=get_current_timezone())
