"""API reference: the page that explains the API, made of the same description that programs read."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from applications.panel.access import PanelRequest, member
from applications.panel.navigation import page
from applications.panel.oauth_errors import OAUTH_ERRORS
from applications.panel.quick_start import api_key_call
from applications.panel.reference import reference
from applications.rules.found_credentials import KEY_PATTERN, PATTERN, SECRET_PATTERN

CURRENT = "panel:api_reference"


@require_safe
@member()
def api_reference(request: PanelRequest) -> HttpResponse:
    """Show every address with an example that can be pasted, the account's newest application in it."""
    newest = request.account.applications.values_list("application_id", flat=True).first()
    context = {
        "reference": reference(newest),
        "example_id": newest,
        "oauth_errors": OAUTH_ERRORS,
        "key_example": api_key_call(),
        "pattern": PATTERN,
        "key_pattern": KEY_PATTERN,
        "secret_pattern": SECRET_PATTERN,
    }
    return page(request, "panel/reference.html", context, current=CURRENT)
