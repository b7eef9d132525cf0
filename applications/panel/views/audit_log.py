"""The audit log of an account: the page, and the same rows as a file."""

from typing import cast

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_safe

from applications.forms.audit_log import AuditFilters
from applications.panel.access import PanelRequest, member
from applications.panel.audit_check import statement_of
from applications.panel.audit_export import export
from applications.panel.audit_log import options, read_log
from applications.panel.navigation import page

CURRENT = "panel:audit_log"


@require_safe
@member()
def audit_log(request: PanelRequest) -> HttpResponse:
    """Show the rows that match the filters in the address, the newest first."""
    filters = AuditFilters.read(request.GET)
    log = read_log(request.account, filters)
    chain = statement_of(request.account)
    context = {"log": log, "filters": filters, "chain": chain, **options(request.account, filters, log.rows)}
    return page(request, "panel/audit_log/list.html", context, current=CURRENT)


@require_GET
@member()
def export_log(request: PanelRequest, kind: str) -> HttpResponse:
    """Send all rows that match the filters, as a file of this kind."""
    rows = AuditFilters.read(request.GET).apply(request.account)
    # To `member`, which only passes it on, a streamed answer is one like any other.
    return cast(HttpResponse, export(request.account, rows, kind))
