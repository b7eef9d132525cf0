"""Searching, filtering and sorting lists. What does not fit counts as not said: a list never refuses."""

from dataclasses import dataclass
from typing import Self

from django import forms
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, Lower, NullIf
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.models import Application, ApplicationSecret, Scope
from applications.models.applications import ApplicationQuerySet, Lifetime
from applications.models.order_of_use import PLACE, Place
from applications.models.tokens import live_tokens

SORTS = ["name", "lifetime", "used", "state"]
BY_USE = "used"
LATEST_USED_FIRST = "-used"
MOST_TOKENS = 1_000  # of an application, that the list counts
STATES = [("", _lazy("All")), ("enabled", _lazy("Enabled")), ("disabled", _lazy("Disabled"))]


class ApplicationFilterForm(forms.Form):
    """The query of the list's address."""

    q = forms.CharField(required=False, max_length=100)
    scope = forms.ChoiceField(required=False)  # its choices are known when it is read
    state = forms.ChoiceField(required=False, choices=STATES)
    sort = forms.ChoiceField(required=False, choices=[(sign + by, by) for by in SORTS for sign in ("", "-")])
    after = forms.RegexField(PLACE, required=False)
    before = forms.RegexField(PLACE, required=False)

    def __init__(self, query: QueryDict, scopes: list[str]) -> None:
        super().__init__(query)
        self.fields["scope"] = forms.ChoiceField(required=False, choices=[(name, name) for name in scopes])


@dataclass(frozen=True, slots=True)
class ApplicationFilters:
    """What the list is narrowed to and sorted by; "" where nothing was said. `scopes`: all one may filter by.

    `after` and `before` are places in the order of use, to go on from.
    """

    search: str
    scope: str
    state: str
    sort: str
    scopes: list[str]
    after: Place | None = None
    before: Place | None = None

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says and can be meant."""
        scopes = list(Scope.objects.available().values_list("name", flat=True))
        form = ApplicationFilterForm(query, scopes)
        form.full_clean()
        search, scope, state, sort, after, before = (form.cleaned_data.get(name, "") for name in form.fields)
        return cls(search, scope, state, sort, scopes, Place.read(after), Place.read(before))

    @property
    def order(self) -> str:
        """The order in force: one of SORTS, with a minus when it is the other way round."""
        return self.sort or LATEST_USED_FIRST

    @property
    def number_set(self) -> int:
        """How many filters are set, the search aside."""
        return sum(bool(said) for said in (self.scope, self.state))

    @property
    def is_by_use(self) -> bool:
        """Whether the order is that of last use, which has an index."""
        return self.order.removeprefix("-") == BY_USE

    def find(self, applications: ApplicationQuerySet, most: int) -> tuple[ApplicationQuerySet, int | None]:
        """Return those that match, in order, and how many they are.

        In the order of use: `most` + 1 where they are more, so that nothing counts a long list to its end. In the
        others: None, for all have to be sorted anyway.
        """
        found = self._matching(applications)
        if not self.is_by_use:
            return self._ordered(found), None
        latest_first = self.order == LATEST_USED_FIRST
        if self.search and (keys := found.keys_up_to(most)) is not None:
            # What was found by reading names is not looked for again to be put in order.
            return applications.filter(pk__in=keys).by_use(latest_first=latest_first), len(keys)
        number = most + 1 if self.search else found.count_up_to(most)
        return found.by_use(latest_first=latest_first), number

    def _matching(self, applications: ApplicationQuerySet) -> ApplicationQuerySet:
        if self.search:
            applications = applications.search(self.search)
        if self.scope:
            applications = applications.granted(self.scope)
        if self.state:
            applications = applications.filter(is_enabled=self.state == "enabled")
        return applications

    def _ordered(self, applications: ApplicationQuerySet) -> ApplicationQuerySet:
        """In order, with what the order takes and no more."""
        if self.order.removeprefix("-") == "state":
            applications = applications.annotate(two_secrets=_figures()["two_secrets"])
        return applications.order_by(_order(self.order), "-created_at", "-pk")


def with_figures(applications: ApplicationQuerySet) -> QuerySet[Application]:
    """Return applications with `live_tokens`, up to MOST_TOKENS + 1, and `two_secrets`: for the few of one page."""
    return applications.annotate(**_figures())


def _figures() -> dict[str, Case | Exists]:
    old_secrets = ApplicationSecret.objects.older().filter(application=OuterRef("pk"))
    return {
        "live_tokens": live_tokens(MOST_TOKENS),
        "two_secrets": Exists(old_secrets),
    }


def _order(sort: str) -> OrderBy:
    """Order by a column."""
    columns: dict[str, Lower | Case] = {
        "name": Lower(Coalesce(NullIf("name", Value("")), Value(_("Untitled")))),
        "lifetime": Case(
            When(lifetime=Lifetime.DAY, then=0), When(lifetime=Lifetime.WEEK, then=1), default=2
        ),
        "state": Case(When(is_enabled=False, then=2), When(two_secrets=True, then=1), default=0),
    }
    column = columns[sort.removeprefix("-")]
    return column.desc() if sort.startswith("-") else column.asc()
