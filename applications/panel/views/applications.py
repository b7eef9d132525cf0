"""The list of an account's applications."""

import re
from typing import Any

from django.core.paginator import Page
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from applications.forms.filters import (
    LATEST_USED_FIRST,
    MOST_TOKENS,
    STATES,
    ApplicationFilters,
    with_figures,
)
from applications.operations.people import is_reminded_of_second_factor
from applications.panel import navigation
from applications.panel.access import PanelRequest, member
from applications.panel.found_credentials import found_in
from applications.panel.pages import KeysFirst, PageByUse, PagesByUse
from applications.panel.webhooks import switched_off

ROWS = 25
MOST = 1_000  # that are counted and have pages of numbers; lists that are longer go on from place to place
NUMBER = re.compile(
    r"[1-9][0-9]{0,2}"
)  # of addresses from before there were places; they skip what is before


@require_safe
@member()
def applications(request: PanelRequest) -> HttpResponse:
    """Show the applications that match the filters in the address, in pages of ROWS."""
    filters = ApplicationFilters.read(request.GET)
    shown = _page(request, filters)
    narrowed = bool(filters.search or filters.number_set)
    context = {
        "filters": filters,
        "found": found_in(request.account),
        "states": STATES,
        "page": shown,
        "rows": shown.object_list,
        "most": MOST,
        "most_tokens": MOST_TOKENS,
        "webhooks_off": switched_off(shown.object_list),
        "empty": not shown.object_list and not narrowed,
        "reminds_of_second_factor": _reminds_of_second_factor(request),
    }
    return navigation.page(request, "panel/applications/list.html", context, current="panel:applications")


def _page(request: PanelRequest, filters: ApplicationFilters) -> Page[Any] | PageByUse:
    """Return what is asked for: a page of a number, or where more than MOST are found, the page behind a place."""
    every = request.account.applications.all()
    rows, asked = with_figures(every), request.GET.get("page")
    found, number = filters.find(every, MOST)
    if number is None or number <= MOST:
        return KeysFirst(found, rows, ROWS, number).get_page(asked)
    pages = PagesByUse(found, rows, ROWS, latest_first=filters.order == LATEST_USED_FIRST)
    if filters.before:
        return pages.before(filters.before)
    if filters.after or not NUMBER.fullmatch(asked or ""):
        return pages.after(filters.after)
    return pages.numbered(int(asked or 1))


def _reminds_of_second_factor(request: PanelRequest) -> bool:
    """Owners alone: who can add owners and drop every rule is who a stolen password harms most."""
    return request.membership.may_change_members and is_reminded_of_second_factor(request.user)
