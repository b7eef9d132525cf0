"""Searching, filtering and sorting lists. What does not fit counts as not said: a list never refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django import forms
from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import QueryDict
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.models import AccessToken, Application, ApplicationSecret, Scope
from applications.models.applications import ApplicationQuerySet, Lifetime

SORTS = ["name", "lifetime", "tokens", "used", "state"]
LATEST_USED_FIRST = "-used"
STATES = [("", _lazy("All")), ("enabled", _lazy("Enabled")), ("disabled", _lazy("Disabled"))]


class ApplicationFilterForm(forms.Form):
    """The query of the list's address."""

    q = forms.CharField(required=False, max_length=100)
    scope = forms.ChoiceField(required=False)  # its choices are known when it is read
    state = forms.ChoiceField(required=False, choices=STATES)
    sort = forms.ChoiceField(required=False, choices=[(sign + by, by) for by in SORTS for sign in ("", "-")])

    def __init__(self, query: QueryDict, scopes: list[str]) -> None:
        super().__init__(query)
        self.fields["scope"] = forms.ChoiceField(required=False, choices=[(name, name) for name in scopes])


@dataclass(frozen=True, slots=True)
class ApplicationFilters:
    """What the list is narrowed to and sorted by; "" where nothing was said. `scopes`: all one may filter by."""

    search: str
    scope: str
    state: str
    sort: str
    scopes: list[str]

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says and can be meant."""
        scopes = list(Scope.objects.available().values_list("name", flat=True))
        form = ApplicationFilterForm(query, scopes)
        form.full_clean()
        search, scope, state, sort = (form.cleaned_data.get(name, "") for name in form.fields)
        return cls(search, scope, state, sort, scopes)

    @property
    def order(self) -> str:
        """The order in force: one of SORTS, with a minus when it is the other way round."""
        return self.sort or LATEST_USED_FIRST

    @property
    def number_set(self) -> int:
        """How many filters are set, the search aside."""
        return sum(bool(said) for said in (self.scope, self.state))

    def apply(self, applications: ApplicationQuerySet) -> QuerySet[Application, int]:
        """Return the keys of those that match, in order."""
        if self.search:
            applications = applications.search(self.search)
        if self.scope:
            applications = applications.granted(self.scope)
        if self.state:
            applications = applications.filter(is_enabled=self.state == "enabled")
        ordered = applications.alias(**_figures()).order_by(_order(self.order), "-created_at", "-pk")
        return ordered.values_list("pk", flat=True)


def with_figures(keys: Iterable[int]) -> list[Application]:
    """Return the applications in the order of their keys, each with `live_tokens` and `two_secrets`.

    Counted for those of one page alone: PostgreSQL would count the tokens of all that come before it too.
    """
    ordered = list(keys)
    found = Application.objects.annotate(**_figures()).in_bulk(ordered)
    return [found[key] for key in ordered if key in found]


def _figures() -> dict[str, Coalesce | Exists]:
    old_secrets = ApplicationSecret.objects.filter(application=OuterRef("pk"), expires_at__gt=now())
    return {
        "live_tokens": AccessToken.objects.live().per_application(),
        "two_secrets": Exists(old_secrets),
    }


def _order(sort: str) -> OrderBy:
    """Order by a column; one that was never used counts as used before all others."""
    columns: dict[str, F | Lower | Case] = {
        "name": Lower(Coalesce(NullIf("name", Value("")), Value(_("Untitled")))),
        "lifetime": Case(
            When(lifetime=Lifetime.DAY, then=0), When(lifetime=Lifetime.WEEK, then=1), default=2
        ),
        "tokens": F("live_tokens"),
        "used": F("last_used_at"),
        "state": Case(When(is_enabled=False, then=2), When(two_secrets=True, then=1), default=0),
    }
    column = columns[sort.removeprefix("-")]
    return column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_first=True)
