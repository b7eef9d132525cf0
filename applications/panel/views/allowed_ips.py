"""Allowed IPs of an account, and of one application: the same pages, by which address they are reached."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from applications.errors import DomainError
from applications.forms.allowed_ips import AllowedIPForm, LockOutForm
from applications.models.in_use import MOST, InUse
from applications.models.usage import REMEMBERED_DAYS
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.allowed_ips import SHOWN, AllowedIPs
from applications.panel.navigation import page
from applications.rules.networks import shown

REFUSED = 422


@dataclass(frozen=True, slots=True)
class Change:
    """What a member wants of the list: a line added, or one removed."""

    action: str
    add: Line | None = None
    remove: str | None = None

    def applied_to(self, networks: list[str]) -> list[str]:
        """Return the list as it would be."""
        kept = [network for network in networks if network != self.remove]
        return [*kept, *([self.add.network] if self.add else [])]


@require_safe
@member()
def allowed_ips(request: PanelRequest) -> HttpResponse:
    """Show the list, the visitor's own address, and which addresses in use are not on it."""
    return _show(request, AllowedIPs(request), AllowedIPForm())


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def add(request: PanelRequest) -> HttpResponse:
    """Add a line; ask first when that would lock out addresses in use."""
    listed = AllowedIPs(request)
    if request.method != "POST":
        return redirect(listed.url())
    form = AllowedIPForm(request.POST)
    if not form.is_valid():
        return _show(request, listed, form, status=REFUSED)
    change = Change(listed.url("add"), add=Line(**form.cleaned_data))
    return _make(request, listed, change, form)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def remove(request: PanelRequest, line: int) -> HttpResponse:
    """Remove a line; ask first when that would lock out addresses in use, or open the list to all."""
    listed = AllowedIPs(request)
    stored = get_object_or_404(listed.lines, pk=line)
    if request.method != "POST":
        return redirect(listed.url())
    change = Change(listed.url("remove", line), remove=stored.network)
    return _make(request, listed, change, AllowedIPForm())


def _make(request: PanelRequest, listed: AllowedIPs, change: Change, form: AllowedIPForm) -> HttpResponse:
    networks = change.applied_to(listed.networks)
    outside, answer = listed.locked_out(networks), LockOutForm(request.POST)
    if (outside or not networks) and not answer.answered:
        return _show(request, listed, form, _question(listed, change, outside))
    also = [Line(address, _used_by(outside, address)) for address in answer.also]
    try:
        change_allowed_ips(
            account=listed.account,
            application=listed.application,
            add=[*([change.add] if change.add else []), *also],
            remove=[change.remove] if change.remove else [],
            actor=actor_of(request),
        )
    except DomainError as error:
        form.add_error("network" if change.add else None, error.message)
        return _show(request, listed, form, status=REFUSED)
    chosen = {line.network for line in also}
    left = [address for address in outside if shown(f"{address.address}") not in {shown(text) for text in chosen}]
    messages.success(request, _said(change, len(chosen), networks, len(left)))
    return redirect(listed.url())
