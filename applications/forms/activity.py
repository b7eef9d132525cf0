"""What is asked of the lists of refused requests. What does not fit counts as not said."""

import re
from dataclasses import dataclass
from typing import Self

from django import forms
from django.http import QueryDict

from applications.models.refusals import RefusalQuerySet
from applications.models.usage import Reason
from applications.rules.credentials import is_credential

REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LARGEST_KEY = 2**63 - 1


class ActivityForm(forms.Form):
    """The query of the address."""

    reason = forms.ChoiceField(required=False, choices=[("", ""), *Reason.choices])
    application = forms.CharField(required=False, max_length=40)
    request = forms.CharField(required=False, max_length=100)
    show = forms.ChoiceField(required=False, choices=[(show, show) for show in ("", "changes", "refused")])
    refused_before = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY)


@dataclass(frozen=True, slots=True)
class ActivityFilters:
    """What the list is narrowed to; `request` is the ID that is looked up, `before` the key where the list goes on.

    `show` leaves out one of the two lists of an application's activity: "changes", "refused" or "" for both.
    """

    reason: str
    application: str
    request: str
    before: int | None
    show: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says and can be meant."""
        form = ActivityForm(query)
        form.full_clean()
        said = form.cleaned_data
        application = said.get("application", "")
        return cls(
            reason=said.get("reason", ""),
            application=application if is_credential(application) else "",
            request=said.get("request", ""),
            before=said.get("refused_before"),
            show=said.get("show", ""),
        )

    @property
    def request_id(self) -> str:
        """The ID that is looked up, as it is stored; empty when it cannot be one."""
        typed = self.request.strip().lower()
        return typed if REQUEST_ID.fullmatch(typed) else ""

    @property
    def narrows(self) -> bool:
        """Whether the list leaves anything out."""
        return bool(self.reason or self.application)

    def apply(self, refusals: RefusalQuerySet) -> RefusalQuerySet:
        """Return those that match, from the place on where the list goes on."""
        if self.reason:
            refusals = refusals.filter(reason=self.reason)
        if self.application:
            refusals = refusals.filter(client_id=self.application)
        return refusals.filter(pk__lt=self.before) if self.before else refusals
