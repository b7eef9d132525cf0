"""The refused requests of an account or of one application, as their pages show them."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from applications.forms.activity import ActivityFilters
from applications.models import Account, Application, Refusal
from applications.models.refusals import MAX_PER_ACCOUNT, RefusalQuerySet
from applications.models.usage import Reason
from applications.panel.access import PanelRequest
from applications.panel.refusals.titles import title_of
from applications.panel.refusals.verdicts import Verdict, explain

PER_PAGE = 25
MAX_OPTIONS = 200  # applications that one can choose from; any other is reached by its Activity tab


@dataclass(frozen=True, slots=True)
class Row:
    """A refused request and, as a heading, what was wrong."""

    refusal: Refusal
    title: str


def refused_requests(request: PanelRequest) -> dict[str, Any]:
    """Return what the pages show: the list, the newest first, and the answer about one request, if it was asked for.

    The list goes on by key, so that a later page costs what the first one does.
    """
    filters = ActivityFilters.read(request.GET)
    application: Application | None = getattr(request, "application", None)
    listed = application.refusals.all() if application else request.account.refusals.all()
    found = list(filters.apply(listed).select_related("application", "api_key")[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    return {
        "filters": filters,
        "refused": [Row(refusal, title_of(refusal)) for refusal in shown],
        "older": shown[-1].pk if len(found) > PER_PAGE else None,
        "verdict": _verdict(request.account, filters),
        "reasons": Reason.choices,
        "applications": [] if application else _applications(request.account, filters),
        "kept_days": settings.REFUSAL_KEEP_DAYS,
        "kept_most": MAX_PER_ACCOUNT,
    }


def _verdict(account: Account, filters: ActivityFilters) -> Verdict | None:
    """Return why the request was refused; None for an ID of another account as for one that nobody has."""
    if not filters.request_id:
        return None
    ours: RefusalQuerySet = account.refusals.select_related("application", "api_key")
    refusal = ours.filter(request_id=filters.request_id).first()
    return explain(refusal) if refusal else None


def _applications(account: Account, filters: ActivityFilters) -> list[Application]:
    """Return the first MAX_OPTIONS applications that have refused requests, by name, and the chosen one."""
    ours = account.applications.only("application_id", "name")
    refused = ours.filter(pk__in=account.refusals.values("application")).order_by("name", "pk")[:MAX_OPTIONS]
    options = list(refused)
    if filters.application and filters.application not in {one.application_id for one in options}:
        options += ours.filter(application_id=filters.application)
    return options
