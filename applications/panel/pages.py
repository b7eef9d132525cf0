"""Pages of long lists."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from applications.models.applications import ApplicationQuerySet
from applications.models.order_of_use import Place


class KeysFirst(Paginator):  # type: ignore[type-arg]  # it takes none at run time
    """Finds the keys of a page, then its rows: what a row shows besides is computed for the rows of one page alone.

    `keys` are in order, as few columns as that takes; `rows` have all that is shown; `number`, where it is known
    already, is how many there are.
    """

    def __init__(
        self,
        keys: "QuerySet[Any, Any]",
        rows: "QuerySet[Any, Any]",
        per_page: int,
        number: int | None = None,
    ) -> None:
        super().__init__(keys.values_list("pk", flat=True), per_page)
        self.keys, self.rows, self.number = keys, rows, number

    @cached_property
    def count(self) -> int:
        """How many there are."""
        return self.keys.count() if self.number is None else self.number

    def page(self, number: int | str) -> "Page[Any]":
        """Return a page; raise InvalidPage."""
        page: Page[Any] = super().page(number)
        page.object_list = _in_order(self.rows, list(page.object_list))
        return page


@dataclass(frozen=True, slots=True)
class PageByUse:
    """A page of a list in the order of use. `previous` and `next` are the places to go on from, where there is more."""

    object_list: list[Any]
    previous: Place | None
    next: Place | None


class PagesByUse:
    """Pages of a list that is too long to be counted, found as KeysFirst finds them.

    `keys` are `by_use(latest_first=…)`.
    """

    def __init__(
        self, keys: ApplicationQuerySet, rows: "QuerySet[Any, Any]", per_page: int, *, latest_first: bool
    ) -> None:
        self.keys, self.rows, self.per_page, self.latest_first = keys, rows, per_page, latest_first

    def after(self, place: Place | None) -> PageByUse:
        """Return the page behind a place; the first one where there is none, or nothing behind it."""
        if place is None:
            return self.numbered(1)
        found = self._places(self.keys.filter(place.earlier() if self.latest_first else place.later()))
        return self._page(found, is_first=False) if found else self.numbered(1)

    def before(self, place: Place) -> PageByUse:
        """Return the page in front of a place; the first one where nothing is."""
        ahead = self.keys.filter(place.later() if self.latest_first else place.earlier())
        found = self._places(ahead.by_use(latest_first=not self.latest_first))
        if len(found) <= self.per_page:
            return self.numbered(1)
        shown = found[: self.per_page][::-1]
        return PageByUse(self._rows(shown), shown[0], shown[-1])

    def numbered(self, number: int) -> PageByUse:
        """Return the page of a number, as addresses had it before there were places."""
        skipped = (number - 1) * self.per_page
        found = self._places(self.keys, skipped)
        return self._page(found, is_first=not skipped) if found or not skipped else self.numbered(1)

    def _places(self, keys: ApplicationQuerySet, skipped: int = 0) -> list[Place]:
        """Return the places of a page and of one row more."""
        places: QuerySet[Any, Any] = keys.values_list("used", "pk")  # type: ignore[misc]  # by_use() has it
        return [Place(*row) for row in places[skipped : skipped + self.per_page + 1]]

    def _page(self, found: list[Place], *, is_first: bool) -> PageByUse:
        shown = found[: self.per_page]
        return PageByUse(
            self._rows(shown),
            None if is_first else shown[0],
            shown[-1] if len(found) > self.per_page else None,
        )

    def _rows(self, places: list[Place]) -> list[Any]:
        return _in_order(self.rows, [place.pk for place in places])


def _in_order(rows: "QuerySet[Any, Any]", keys: list[int]) -> list[Any]:
    """Return the rows of these keys; one may have been deleted in between."""
    found = {row.pk: row for row in rows.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]
