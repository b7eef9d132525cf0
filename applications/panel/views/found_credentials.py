"""Dismissing a credential that was reported as found."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from applications.errors import NotFound
from applications.operations.found_credentials import dismiss_found_credential
from applications.panel.access import PanelRequest, actor_of, member


@require_POST
@member(changes=True)
def dismiss(request: PanelRequest, found: int) -> HttpResponse:
    """Take it from the pages; the audit log keeps it."""
    rows = request.account.found_credentials.select_related("application", "api_key")
    row = get_object_or_404(rows, pk=found)
    try:
        dismiss_found_credential(found=row, actor=actor_of(request))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Dismissed. The audit log keeps the report."))
    if row.application is None:
        return redirect("panel:api_keys", request.account.pk)
    return redirect("panel:overview", request.account.pk, row.application.application_id)
