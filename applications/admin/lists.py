"""Lists of the operator's site: filtered by what the page offers, and by nothing else.

Django's own lists take any look-up of the model's columns from the address (`?password__startswith=a`), so that
whoever may open the list of people can read a password's hash letter by letter.
"""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

LONGEST = 200  # characters of one parameter: each word of a search is a part of the statement

if TYPE_CHECKING:  # which takes no parameters at run time
    FilterSpecs = tuple[list[Any], bool, dict[str, Any], bool, bool]


class ListedFilters(ChangeList):
    """Refuses every look-up that none of the page's filters has taken."""

    def get_filters(self, request: HttpRequest) -> "FilterSpecs":
        found = super().get_filters(request)
        if left := found[2]:
            raise DisallowedModelAdminLookup(f"No filter of this list: {', '.join(sorted(left))[:LONGEST]}")
        return found


def check_parameters(request: HttpRequest) -> None:
    """Raise SuspiciousOperation (400) for what no database can look up."""
    for name, values in request.GET.lists():
        for text in (name, *values):
            if len(text) > LONGEST or not text.isprintable():
                raise SuspiciousOperation("A parameter of a list is too long, or has control characters.")
        if len(values) > 1:
            raise SuspiciousOperation("A parameter of a list is repeated.")
