"""Activity of one application: what was changed."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from applications.panel.access import PanelRequest, member
from applications.panel.activity import changes_of
from applications.panel.navigation import page


@require_safe
@member()
def activity(request: PanelRequest) -> HttpResponse:
    """Show the application's rows of the audit log."""
    context = {"changes": changes_of(request)}
    return page(request, "panel/application/activity.html", context, current="panel:activity")
