"""Reminding owners of a second factor: "Not now"."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from applications.operations.people import put_off_second_factor
from applications.panel.access import PanelRequest, member


@require_POST
@member(owner=True)
def later(request: PanelRequest) -> HttpResponse:
    """Remind this person no more for a while, in none of their accounts."""
    put_off_second_factor(request.user)
    return redirect("panel:applications", request.account.pk)
