"""The list of an account's applications."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from applications.forms.filters import STATES, ApplicationFilters, with_figures
from applications.operations.people import is_reminded_of_second_factor
from applications.panel import navigation
from applications.panel.access import PanelRequest, member
from applications.panel.found_credentials import found_in
from applications.panel.pages import KeysFirst
from applications.panel.webhooks import switched_off

ROWS = 25


@require_safe
@member()
def applications(request: PanelRequest) -> HttpResponse:
    """Show the applications that match the filters in the address, in pages of ROWS."""
    filters = ApplicationFilters.read(request.GET)
    applications = request.account.applications.all()
    found = KeysFirst(filters.apply(applications), with_figures(applications), ROWS)
    shown = found.get_page(request.GET.get("page"))
    narrowed = bool(filters.search or filters.number_set)
    context = {
        "filters": filters,
        "found": found_in(request.account),
        "states": STATES,
        "page": shown,
        "rows": shown.object_list,
        "webhooks_off": switched_off(shown.object_list),
        "empty": not found.count and not narrowed,
        "reminds_of_second_factor": _reminds_of_second_factor(request),
    }
    return navigation.page(request, "panel/applications/list.html", context, current="panel:applications")


def _reminds_of_second_factor(request: PanelRequest) -> bool:
    """Owners alone: who can add owners and drop every rule is who a stolen password harms most."""
    return request.membership.may_change_members and is_reminded_of_second_factor(request.user)
