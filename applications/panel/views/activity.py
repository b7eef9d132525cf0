"""Activity: refused requests of an account; refused requests and changes of an application."""

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from applications.panel.access import PanelRequest, member
from applications.panel.activity import refused_requests
from applications.panel.changes import changes_of
from applications.panel.navigation import page

# What the switch above an application's activity offers
SHOWS = [("", _("All")), ("changes", _("Changes")), ("refused", _("Refused"))]


@require_safe
@member()
def of_account(request: PanelRequest) -> HttpResponse:
    """Show the refused requests of all applications and API keys; `?request=ID` says why one was refused."""
    return page(request, "panel/activity.html", refused_requests(request), current="panel:activity")


@require_safe
@member()
def of_application(request: PanelRequest) -> HttpResponse:
    """Show an application's refused requests and changes; `?request=ID` says why a request was refused."""
    context = {**refused_requests(request), "changes": changes_of(request), "shows": SHOWS}
    return page(request, "panel/application/activity.html", context, current="panel:application_activity")
