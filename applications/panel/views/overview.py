"""Overview: what an application is, and how it fares."""

from datetime import UTC

from django.http import HttpResponse
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from applications.panel.access import PanelRequest, member
from applications.panel.charts import drawings
from applications.panel.impact import impact_of
from applications.panel.navigation import page
from applications.panel.quick_start import quick_start
from applications.panel.right_size import used_scopes
from applications.panel.secrets import working_secrets
from applications.panel.usage import usage_of


@require_safe
@member()
def overview(request: PanelRequest) -> HttpResponse:
    """Show the last 30 days, the facts, the switch and the quick start."""
    usage = usage_of(request.application, now().astimezone(UTC).date())
    account_list, _bar, own_list = request.application.allowlist.partition("|")
    context = {
        "usage": usage,
        "drawings": drawings(usage.days),
        "impact": impact_of(request.application),
        "networks": len(own_list.split()),
        "account_networks": len(account_list.split()),
        "quick_start": quick_start(request.application),
        **working_secrets(request.application),
        **used_scopes(request.application),
    }
    return page(request, "panel/application/overview.html", context, current="panel:overview")
