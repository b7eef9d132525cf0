"""The quick search of an account: applications, members, pages, and the request that an ID belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.forms.search import SearchWords
from applications.models import Application, Membership
from applications.panel.access import PanelRequest
from applications.panel.navigation import HELP, MAILS, MENU

MOST = 8  # results of one kind

type Page = tuple[str | Promise, str | Promise, str, str]

# (label, other words for it, icon, name of the address); addresses take the account.
MORE_PAGES: list[Page] = [
    (_lazy("New application"), _lazy("create register client"), "plus", "panel:application_new")
]
FOR_OWNERS: list[Page] = [
    (_lazy("Invite member"), _lazy("add colleague person"), "user-plus", "panel:member_invite")
]
# As above; addresses take nothing.
PERSONAL: list[Page] = [
    (
        _lazy("Sign-in security"),
        _lazy("you second factor passkey authenticator recovery sessions devices signed in name email"),
        "fingerprint",
        "mfa_index",
    ),
    (_lazy("Change password"), _lazy("you"), "lock", "account_change_password"),
]
OTHER_WORDS: dict[str, str | Promise] = {
    "panel:account_settings": _lazy("account name time zone second factor lifetime"),
    "panel:activity": _lazy("refused requests refusals errors"),
    "panel:allowed_ips": _lazy("addresses networks allowlist"),
    "panel:api_keys": _lazy("credentials"),
    "panel:api_reference": _lazy("documentation help openapi"),
    "panel:audit_log": _lazy("history changes export"),
    "panel:key_safety": _lazy("unused old secrets findings rotation"),
    "panel:mails": _lazy("notifications email choices"),
    "panel:members": _lazy("people users roles team"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One line: where it leads, what it is called, and what tells it from others of the same name.

    `application_id` draws the pins of an application instead of the icon.
    """

    url: str
    label: str
    detail: str = ""
    icon: str = ""
    application_id: str = ""
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """The results of one kind, at most MOST. `all_url` leads to the list of all, where there are more."""

    name: str
    title: str
    results: list[Result]
    all_url: str = ""


def search(request: PanelRequest, words: SearchWords) -> list[Group]:
    """Return what the account has for these words, by kind; none for no words. Two queries."""
    if not words.text:
        return []
    groups = [
        _requests(request, words),
        _applications(request, words),
        _members(request, words),
        _pages(request, words),
    ]
    return [group for group in groups if group.results]


def _requests(request: PanelRequest, words: SearchWords) -> Group:
    """The look-ups of a request's ID. They are offered for each ID: whether there is such a request, they say."""
    if not (request_id := words.request_id):
        return Group("requests", _("Request"), [])
    account = request.account.pk
    refused = f"{reverse('panel:activity', args=[account])}?{urlencode({'request': request_id})}"
    changed = f"{reverse('panel:audit_log', args=[account])}?{urlencode({'q': request_id})}"
    results = [
        Result(refused, _("Why was this request refused?"), request_id, "history"),
        Result(changed, _("What did this request change?"), request_id, "scroll-text"),
    ]
    return Group("requests", _("Request"), results)


def _applications(request: PanelRequest, words: SearchWords) -> Group:
    account = request.account
    matching = account.applications.search(words.text)
    if (ends := words.shortened_id) is not None:
        matching = account.applications.filter(
            application_id__startswith=ends[0], application_id__endswith=ends[1]
        )
    # First what begins like that, then what was used of late
    begins = Case(
        When(
            Q(name__istartswith=words.text) | Q(application_id__startswith=words.text.lower()), then=Value(0)
        ),
        default=Value(1),
        output_field=IntegerField(),
    )
    ordered = matching.order_by(begins, F("last_used_at").desc(nulls_last=True), "-pk")
    found = list(ordered.only("application_id", "name", "is_enabled", "account")[: MOST + 1])
    every = f"{reverse('panel:applications', args=[account.pk])}?{urlencode({'q': words.text})}"
    results = [_application(account.pk, application) for application in found[:MOST]]
    return Group("applications", _("Applications"), results, every if len(found) > MOST else "")


def _application(account_pk: int, application: Application) -> Result:
    return Result(
        url=reverse("panel:overview", args=[account_pk, application.application_id]),
        label=str(application),
        detail=application.application_id,
        application_id=application.application_id,
        is_enabled=application.is_enabled,
    )


def _members(request: PanelRequest, words: SearchWords) -> Group:
    named = Q(user__name__icontains=words.text) | Q(user__email__icontains=words.text)
    memberships = Membership.objects.filter(named, account=request.account).select_related("user")
    found = list(memberships.order_by("user__name", "user__email")[: MOST + 1])
    url = reverse("panel:members", args=[request.account.pk])
    results = [
        Result(url, str(each.user), f"{each.user.email} · {each.get_role_display()}", "users")
        for each in found[:MOST]
    ]
    return Group("members", _("Members"), results, url if len(found) > MOST else "")


def _pages(request: PanelRequest, words: SearchWords) -> Group:
    account, membership = [request.account.pk], request.membership
    of_account: list[Page] = [
        (label, OTHER_WORDS.get(name, ""), icon, name)
        for _heading, entries in [*MENU, ("", [MAILS]), HELP]
        for label, icon, name in entries
    ]
    of_account += MORE_PAGES if membership.may_change else []
    of_account += FOR_OWNERS if membership.may_change_members else []
    results = [*_matching(of_account, words, account), *_matching(PERSONAL, words, [])]
    return Group("pages", _("Pages"), results[:MOST])


def _matching(pages: Iterable[Page], words: SearchWords, args: list[int]) -> list[Result]:
    """Pages in which each word begins a word of the label, or of what else it is called."""
    wanted = words.text.casefold().split()
    return [
        Result(reverse(name, args=args), str(label), icon=icon)
        for label, others, icon, name in pages
        if all(
            any(word.startswith(each) for word in f"{label} {others}".casefold().split()) for each in wanted
        )
    ]
