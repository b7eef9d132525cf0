"""Key safety: what makes the credentials of the account less safe, each with its remedy, or kept for a year."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from applications.errors import Conflict, NotFound
from applications.models import APIKey, Application
from applications.models.findings import Finding, Findings, KeptFindingQuerySet
from applications.operations.findings import keep_finding, reopen_finding
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.key_safety import rows_of
from applications.panel.navigation import page

CURRENT = "panel:key_safety"
KEPT = "kept"
PER_PAGE = 25


@require_safe
@member()
def key_safety(request: PanelRequest) -> HttpResponse:
    """List what was found, the most urgent first; `?kind=` one kind alone, or what was kept."""
    chosen = request.GET.get("kind", "")
    only = Finding(chosen) if chosen in Finding.values else None
    findings, kept = Findings(request.account, now(), only), _kept(request)
    context: dict[str, Any] = {
        "kinds": [(kind, findings.counts[kind]) for kind in Finding if findings.counts[kind]],
        "all": sum(findings.counts.values()),
        "kept_number": kept.count(),
        "only": only,
        "shows_kept": chosen == KEPT,
    }
    if chosen == KEPT:
        shown = Paginator(kept.select_related("application", "api_key"), PER_PAGE).get_page(_number(request))
        return page(request, "panel/key_safety/list.html", context | {"shown": shown}, current=CURRENT)
    shown = Paginator(findings, PER_PAGE).get_page(_number(request))  # type: ignore[arg-type]  # has count() and slices
    context |= {"shown": shown, "rows": rows_of(request.account, shown.object_list)}
    return page(request, "panel/key_safety/list.html", context, current=CURRENT)


def _number(request: PanelRequest) -> str | None:
    return request.GET.get("page")


def _kept(request: PanelRequest) -> KeptFindingQuerySet:
    kept: KeptFindingQuerySet = request.account.kept_findings.all()
    return kept.current()


@require_POST
@member(changes=True)
def keep_of_application(request: PanelRequest, kind: str) -> HttpResponse:
    """Decide that a finding about an application stays for a year."""
    return _keep(request, request.application, kind)


@require_POST
@member(changes=True)
def keep_of_key(request: PanelRequest, kind: str, key: int) -> HttpResponse:
    """Decide that a finding about an API key stays for a year."""
    return _keep(request, get_object_or_404(request.account.api_keys, pk=key), kind)


def _keep(request: PanelRequest, subject: Application | APIKey, kind: str) -> HttpResponse:
    if kind not in Finding.values:
        raise Http404
    try:
        keep_finding(subject=subject, kind=Finding(kind), actor=actor_of(request))
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        words = _("“%(finding)s” of %(name)s is kept for a year. Until then it is listed under Kept.")
        messages.success(request, words % {"finding": Finding(kind).label, "name": subject})
    return _back(request)


@require_POST
@member(changes=True)
def reopen(request: PanelRequest, kept: int) -> HttpResponse:
    """Take the decision back."""
    found = get_object_or_404(request.account.kept_findings.select_related("application", "api_key"), pk=kept)
    try:
        reopen_finding(kept=found, actor=actor_of(request))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        words = _("“%(finding)s” of %(name)s is kept no longer.")
        subject = found.application or found.api_key
        messages.success(request, words % {"finding": Finding(found.kind).label, "name": subject})
    return _back(request)


def _back(request: PanelRequest) -> HttpResponse:
    """Lead to the list, filtered as it was."""
    kept = {name: request.GET[name] for name in ("kind", "page") if name in request.GET}
    return redirect(reverse(CURRENT, args=[request.account.pk]) + (f"?{urlencode(kept)}" if kept else ""))
