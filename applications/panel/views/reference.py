"""API reference: the page that explains the API, made of the same description that programs read."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from applications.panel.access import PanelRequest, member
from applications.panel.navigation import page
from applications.panel.reference import reference

CURRENT = "panel:api_reference"


@require_safe
@member()
def api_reference(request: PanelRequest) -> HttpResponse:
    """Show every address with an example that can be pasted, the account's newest application in it."""
    newest = request.account.applications.values_list("application_id", flat=True).first()
    context = {"reference": reference(newest), "example_id": newest}
    return page(request, "panel/reference.html", context, current=CURRENT)
