"""What every page of the panel shows around itself: menu, switcher, tabs. A new page needs one line here."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.models import Membership
from applications.panel.access import PanelRequest

# (heading, [(label, icon, name of the address)]); addresses take the account.
MENU = [
    ("", [(_("Applications"), "layout-grid", "panel:applications")]),
    (
        _("Account"),
        [
            (_("Members"), "users", "panel:members"),
            (_("API keys"), "key-round", "panel:api_keys"),
            (_("Allowed IPs"), "network", "panel:allowed_ips"),
            (_("Key safety"), "shield-check", "panel:key_safety"),
            (_("Activity"), "history", "panel:activity"),
            (_("Audit log"), "scroll-text", "panel:audit_log"),
            (_("Settings"), "settings", "panel:account_settings"),
        ],
    ),
]
HELP = (_("Help"), [(_("API reference"), "book-open", "panel:api_reference")])
PERSON = (_("You"), [(_("Sign-in security"), "fingerprint", "mfa_index")])

# (label, name of the address); addresses take the account and the application.
TABS = [
    (_("Overview"), "panel:overview"),
    (_("Settings"), "panel:settings"),
    (_("Messages"), "panel:messages"),
    (_("Tokens"), "panel:tokens"),
    (_("Allowed IPs"), "panel:application_allowed_ips"),
    (_("Activity"), "panel:application_activity"),
    (_("Danger zone"), "panel:danger"),
]


def page(
    request: PanelRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    current: str,
    status: int = 200,
) -> HttpResponse:
    """Render a page with its surroundings; `current` names the address that menu and tabs mark."""
    around: dict[str, Any] = {
        "account": request.account,
        "membership": request.membership,
        "may_change": request.membership.may_change,
        "accounts": _accounts(request),
        "navigation": _navigation(request, current),
    }
    if application := getattr(request, "application", None):
        around |= {"application": application, "tabs": _tabs(request, current)}
    return render(request, template, around | (context or {}), status=status)


def _accounts(request: PanelRequest) -> list[dict[str, Any]]:
    memberships = (
        Membership.objects.filter(user=request.user).select_related("account").order_by("account__name")
    )
    return [
        {
            "name": membership.account.name,
            "timezone": membership.account.timezone,
            "url": reverse("panel:applications", args=[membership.account_id]),
            "current": membership.account_id == request.account.pk,
        }
        for membership in memberships
    ]


def _navigation(request: PanelRequest, current: str) -> list[dict[str, Any]]:
    inside = "panel:applications" if current in [name for _label, name in TABS] else current
    groups = [
        {"label": heading, "items": [_entry(*entry, inside, [request.account.pk]) for entry in entries]}
        for heading, entries in MENU
    ]
    heading, entries = PERSON
    person = {"label": heading, "items": [_entry(*entry, inside, []) for entry in entries]}
    heading, entries = HELP
    at_end = [_entry(*entry, inside, [request.account.pk]) for entry in entries]
    return [*groups, person, {"label": heading, "items": at_end, "at_end": True}]


def _entry(label: Any, icon: str, name: str, current: str, args: list[int]) -> dict[str, Any]:
    return {"label": label, "icon": icon, "url": reverse(name, args=args), "current": name == current}


def _tabs(request: PanelRequest, current: str) -> list[dict[str, Any]]:
    args = [request.account.pk, request.application.application_id]
    return [
        {"label": label, "url": reverse(name, args=args), "current": name == current} for label, name in TABS
    ]
