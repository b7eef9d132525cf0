"""Questions before something is done, on a page of their own.

The same templates stand in dialogs on the tabs; the pages are for readers without script, and for what was
sent and refused.
"""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from applications.panel.access import PanelRequest
from applications.panel.navigation import page


def of_application(request: PanelRequest, name: str) -> str:
    """Return the address of this name for the application of the request."""
    return reverse(name, args=[request.account.pk, request.application.application_id])


def confirmation_page(
    request: PanelRequest, question: str, context: dict[str, Any], *, current: str, status: int = 200
) -> HttpResponse:
    """Show panel/application/questions/<question>.html on the tab `current`, where Cancel leads too."""
    template = f"panel/application/questions/{question}.html"
    around = {"question": template, "back": of_application(request, current)}
    return page(request, "panel/application/question.html", around | context, current=current, status=status)
