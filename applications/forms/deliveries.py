"""What is asked of the list of deliveries, and the time since which failed ones are sent again."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.timezone import get_current_timezone, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.forms.audit_log import EARLIEST, LARGEST_KEY, LATEST, midnight
from applications.forms.message_fields import ClockField
from applications.models.deliveries import DeliveryQuerySet, State
from applications.rules.webhook_events import EVENTS


class DeliveryFilterForm(forms.Form):
    """The query of the list's address. What does not fit counts as not said: a list never refuses."""

    q = forms.CharField(required=False, max_length=40)
    event = forms.ChoiceField(required=False, choices=[(event, event) for event in EVENTS])
    state = forms.ChoiceField(required=False, choices=State)
    first = forms.DateField(required=False)
    last = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """What the list is narrowed to; "" or None where nothing was said.

    `search` is how an id begins; `first` and `last` are days in the current time zone, both included; `before` is the
    key of the row to go on from.
    """

    search: str = ""
    event: str = ""
    state: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = field(default=None, compare=False)

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says and can be meant."""
        form = DeliveryFilterForm(query)
        form.full_clean()
        said = form.cleaned_data
        texts = {"search": said.get("q", ""), "event": said.get("event", ""), "state": said.get("state", "")}
        return cls(**texts, first=said.get("first"), last=said.get("last"), before=said.get("before"))

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return self != type(self)()

    def apply(self, deliveries: DeliveryQuerySet) -> DeliveryQuerySet:
        """Return those that match."""
        if self.search:
            deliveries = deliveries.matching(self.search)
        if self.event:
            deliveries = deliveries.filter(event=self.event)
        if self.state:
            deliveries = deliveries.filter(state=self.state)
        if self.first:
            deliveries = deliveries.filter(created_at__gte=midnight(self.first))
        if self.last:
            deliveries = deliveries.filter(
                created_at__lt=midnight(min(self.last, LATEST) + timedelta(days=1))
            )
        return deliveries


class RedeliverForm(forms.Form):
    """Since when: a day, and a time of that day, in the current time zone. No time is the day's beginning."""

    day = forms.DateField(
        label=_lazy("Taken in since"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    clock = ClockField(label=_lazy("Time"))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not EARLIEST <= day <= LATEST:
            raise ValidationError(_("Choose a time in the past."))
        return day

    def clean(self) -> dict[str, Any]:
        if "day" in self.cleaned_data and "clock" in self.cleaned_data and self.since >= now():
            self.add_error("day", _("Choose a time in the past."))
        return self.cleaned_data

    @property
    def since(self) -> datetime:
        """The time that a valid form names."""
        hours, minutes = map(int, (self.cleaned_data["clock"] or "00:00").split(":"))
        start = midnight(self.cleaned_data["day"])
        return start.replace(hour=hours, minute=minutes, tzinfo=get_current_timezone())
