"""Pages of long lists."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


class KeysFirst(Paginator):  # type: ignore[type-arg]  # it takes none at run time
    """Finds the keys of a page, then its rows: what a row shows besides is computed for the rows of one page alone.

    `keys` are in order, as few columns as that takes; `rows` have all that is shown.
    """

    def __init__(self, keys: "QuerySet[Any, Any]", rows: "QuerySet[Any, Any]", per_page: int) -> None:
        super().__init__(keys.values_list("pk", flat=True), per_page)
        self.rows = rows

    def page(self, number: int | str) -> "Page[Any]":
        """Return a page; raise InvalidPage."""
        page: Page[Any] = super().page(number)
        keys = list(page.object_list)
        found = {row.pk: row for row in self.rows.filter(pk__in=keys)}
        # One may have been deleted in between.
        page.object_list = [found[key] for key in keys if key in found]
        return page
