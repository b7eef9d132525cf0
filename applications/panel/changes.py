"""The changes of one application, as its Activity tab shows them."""

from dataclasses import replace

from applications.forms.audit_log import AuditFilters
from applications.panel.access import PanelRequest
from applications.panel.audit_log import Shown, read_log


def changes_of(request: PanelRequest) -> Shown:
    """Return a page of the application's changes, for panel/application/_activity_changes.html."""
    said = AuditFilters.read(request.GET)
    place = replace(AuditFilters(), before=said.before, after=said.after)
    filters = replace(place, application_id=request.application.application_id)
    return read_log(request.account, filters, links=False)
