"""Allowed IPs of an account, and of one application: the same pages, by which address they are reached."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from applications.authentication.confirmation import Act, ask_to_confirm, is_recent
from applications.errors import DomainError
from applications.forms.allowed_ips import AllowedIPForm, LockOutForm
from applications.models.in_use import MAX_ADDRESSES, InUse
from applications.models.usage import ADDRESS_USE_DAYS
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.allowed_ips import AllowedIPs, UsedAddress
from applications.panel.navigation import page
from applications.rules.names import LONGEST, Note
from applications.rules.networks import NetworkText, shown

REFUSED = 422


@dataclass(frozen=True, slots=True)
class Change:
    """What a member wants of the list: a line added, or one removed. `action` is where it was posted."""

    action: str
    add: Line | None = None
    remove: NetworkText | None = None

    @property
    def network(self) -> str:
        """The network of the line, as people write it."""
        return shown((self.add.network if self.add else self.remove) or "")

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
    """Add a line; ask first when that would lock out addresses in use, and for the password when it was long ago."""
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
    """Remove a line; ask first, and say which addresses in use it locks out, or that it opens the list to all."""
    listed = AllowedIPs(request)
    stored = get_object_or_404(listed.lines, pk=line)
    if request.method != "POST":
        return redirect(listed.url())
    change = Change(listed.url("remove", line), remove=NetworkText(stored.network))
    return _make(request, listed, change, AllowedIPForm())


def _make(request: PanelRequest, listed: AllowedIPs, change: Change, form: AllowedIPForm) -> HttpResponse:
    networks = change.applied_to(listed.networks)
    outside, answer = listed.locked_out(networks), LockOutForm(request.POST)
    # Another admin may have removed the others since: what is now the last line was not asked about as such.
    is_answered = answer.answered and not (answer.cleaned_data["others_stay"] and not networks)
    if (outside or change.remove) and not is_answered:
        question = _question(listed, change, outside, is_last=not networks)
        return _show(request, listed, form, question=question)
    also = [_line_for(each) for each in listed.drawn([one for one in outside if one.network in answer.also])]
    opens = change.add is not None or bool(also) or not networks
    if opens and not is_recent(request):
        owner = str(listed.application or listed.account)
        ask_to_confirm(request, Act(_("Change the allowed IPs of {name}"), owner))
    try:
        _save(request, listed, change, also)
    except DomainError as error:
        return _refused(request, listed, form, error)
    messages.success(request, _said(change, len(also), len(outside) - len(also), empty=not networks))
    return redirect(listed.url())


def _save(request: PanelRequest, listed: AllowedIPs, change: Change, also: list[Line]) -> None:
    change_allowed_ips(
        account=listed.account,
        application=listed.application,
        add=[*([change.add] if change.add else []), *also],
        remove=[change.remove] if change.remove else [],
        actor=actor_of(request),
    )


def _line_for(used: UsedAddress) -> Line:
    """The line for an address in use, with a note that says whose it is, where that is counted already."""
    who = " ".join(used.users[0].who.split()) if used.users else ""
    note = _("Used by {name}").format(name=who)[:LONGEST] if who else ""
    return Line(NetworkText(used.in_use.network), Note(note))


def _refused(
    request: PanelRequest, listed: AllowedIPs, form: AllowedIPForm, error: DomainError
) -> HttpResponse:
    if not form.is_bound:
        messages.error(request, error.message)
        return redirect(listed.url())
    form.add_error("network", error.message)
    return _show(request, listed, form, status=REFUSED)


def _said(change: Change, also: int, left: int, *, empty: bool) -> str:
    """What was done and what it means, as a confirmation."""
    done = _("{network} was added.") if change.add else _("{network} was removed.")
    more = ngettext("{count} address in use was added.", "{count} addresses in use were added.", also)
    without = ngettext(
        "{count} address in use is refused now.", "{count} addresses in use are refused now.", left
    )
    said = [done.format(network=change.network), *([more.format(count=also)] if also else [])]
    if empty:
        said.append(_("The list is empty now: it allows every address."))
    else:
        said.append(without.format(count=left) if left else _("Nothing in use is locked out."))
    return " ".join(said)


def _question(listed: AllowedIPs, change: Change, outside: list[InUse], *, is_last: bool) -> dict[str, Any]:
    """What the page asks before the change is made; `is_last`: it takes the last line, and opens the list to all."""
    shown_ones = listed.drawn(outside)
    return {
        "change": change,
        "is_last": is_last,
        "outside": shown_ones,
        "count": len(outside),
        "more": len(outside) - len(shown_ones),
    }


def _show(
    request: PanelRequest,
    listed: AllowedIPs,
    form: AllowedIPForm,
    *,
    question: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    # An empty list refuses nobody, so what is in use is not looked at until something is asked.
    outside, in_use = (listed.outside, listed.in_use) if listed.networks else ([], [])
    compared = in_use or (listed.in_use if question else [])
    context = {
        "listed": listed,
        "rows": listed.rows(),
        "form": form,
        "question": question,
        "outside": [] if question else listed.drawn(outside),
        "outside_count": len(outside),
        "in_use_count": len(in_use),
        "partial": MAX_ADDRESSES if len(compared) >= MAX_ADDRESSES else None,
        "days": ADDRESS_USE_DAYS,
        "add_url": listed.url("add"),
        "back": listed.url(),
    }
    template = (
        "panel/allowed_ips/application.html" if listed.application else "panel/allowed_ips/account.html"
    )
    return page(request, template, context, current=listed.name, status=status)
