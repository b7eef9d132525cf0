"""What every page of the panel shows around itself: menu, switcher, tabs. A new page needs one line here."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.models import Account, Membership
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
MAILS = (_("Mails"), "mail", "panel:mails")  # the person's own, and of this account

# (label, name of the address); addresses take the account and the application.
TABS = [
    (_("Overview"), "panel:overview"),
    (_("Settings"), "panel:settings"),
    (_("Messages"), "panel:messages"),
    (_("Webhooks"), "panel:webhooks"),
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
    around = surroundings(request.membership, request.memberships, current)
    if application := getattr(request, "application", None):
        around |= {"application": application, "tabs": _tabs(request, current)}
    return render(request, template, around | (context or {}), status=status)


def surroundings(membership: Membership, memberships: Sequence[Membership], current: str) -> dict[str, Any]:
    """Return what the sidebar shows to a member: `memberships` are all of the person's."""
    account = membership.account
    return {
        "account": account,
        "membership": membership,
        "may_change": membership.may_change,
        "accounts": _accounts(account, [each.account for each in memberships]),
        "navigation": navigation_of(account.pk, current),
    }


def _accounts(current: Account, accounts: Sequence[Account]) -> list[dict[str, Any]]:
    """Return the accounts one may go to, by name. Those of the same name are told apart by their numbers."""
    times = Counter(account.name for account in accounts)
    return [
        {
            "name": account.name,
            "number": account.pk if times[account.name] > 1 else None,
            "timezone": account.timezone,
            "url": reverse("panel:applications", args=[account.pk]),
            "current": account.pk == current.pk,
        }
        for account in sorted(accounts, key=lambda account: (account.name, account.pk))
    ]


def navigation_of(account_pk: int, current: str) -> list[dict[str, Any]]:
    """Return the menu of an account. It needs no database."""
    inside = "panel:applications" if current in [name for _label, name in TABS] else current
    groups = [
        {"label": heading, "items": [_entry(*entry, inside, [account_pk]) for entry in entries]}
        for heading, entries in MENU
    ]
    heading, entries = PERSON
    own = [_entry(*entry, inside, []) for entry in entries]
    person = {"label": heading, "items": [*own, _entry(*MAILS, inside, [account_pk])]}
    heading, entries = HELP
    at_end = [_entry(*entry, inside, [account_pk]) for entry in entries]
    return [*groups, person, {"label": heading, "items": at_end, "at_end": True}]


def _entry(label: Any, icon: str, name: str, current: str, args: list[int]) -> dict[str, Any]:
    return {"label": label, "icon": icon, "url": reverse(name, args=args), "current": name == current}


def _tabs(request: PanelRequest, current: str) -> list[dict[str, Any]]:
    args = [request.account.pk, request.application.application_id]
    return [
        {"label": label, "url": reverse(name, args=args), "current": name == current} for label, name in TABS
    ]
