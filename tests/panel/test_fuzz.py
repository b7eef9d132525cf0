"""Hostile cookies, queries and form fields at every address of the panel and the operator site: never a 5xx.

In-process and byte by byte where it matters: queries and bodies are percent-encoded here, as a client sends them.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import product
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import get_converters

from applications.models import AllowedIP, User
from applications.operations import actors
from applications.operations.api_keys import create_api_key
from applications.rules.names import Name
from tests.admin.test_operator import sign_in_twice
from tests.cast import Cast
from tests.factories import PASSWORD, make_token
from tests.webhooks import hand_over, only, set_url

# A NUL is an error of PostgreSQL alone, and SQLite has nothing else to tell here.
pytestmark = pytest.mark.postgres
FORM = "application/x-www-form-urlencoded"
# As they stand in a query or a body. %ED%A0%80 is a lone surrogate in what would be UTF-8.
NUL, HUGE = "a%00b", "9" * 5000  # more digits than Python reads, and of course than a column holds
HOSTILE = [
    NUL,
    HUGE,
    "9" * 25,
    "%ED%A0%80%FF",
    quote("http://[::1", safe=""),
    quote('{"id": "\\ud800", "rawId": "AAAA", "type": "public-key", "response": {}}'),
    "[" * 9000,
]
HOSTILE_COOKIES = ['"\\000aaaaaaaaaaaa"', "a" * 5000, "\xff\xfe", "\xed\xa0\x80", '"', "[[[", "a;b=\\000"]
QUERY = ["next", "page", "q", "scope", "state", "sort", "order", "recovery", "request", "line"]
QUERY += ["event", "first", "last", "before", "tested", "attempt", "day", "clock"]
OPERATORS_QUERY = ["p", "o", "q", "_to_field", "action", "id__in", "account__id__exact", "created_at__gte"]
COOKIES = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME]
COOKIES += ["messages", "theme", "latchkey_device", "another"]


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = "", *, within: str
) -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here, within=within)
        elif here.startswith(within):
            yield here


def readable(address: str) -> str:
    """The address of a regular expression (the link of a mail, the operator's catch-all) as one that it matches."""
    address = address.replace("^", "").replace(
        "(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)", "<str:uidb36>-<str:key>"
    )
    return re.sub(r"\(\?P<\w+>.*\)\$?$", "nothing-here", address)


PANEL = sorted({readable(address) for address in addresses(within="panel/")})
OPERATOR = sorted({readable(address) for address in addresses(within="operator/")})
ADDRESSES = [*PANEL, *OPERATOR]
SIGN_IN = [address for address in PANEL if address.startswith("panel/sign-in/")]


@pytest.fixture(autouse=True)
def operator(cast: Cast) -> None:
    """Ada operates the server too."""
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True, is_superuser=True)


def things(cast: Cast) -> dict[str, object]:
    """What the addresses of Alice's account name, stored."""
    account, application = cast.account, cast.application
    set_url(application)
    hand_over(application)
    return {
        "account_id": account.pk,
        "application_id": application.application_id,
        "token": make_token(application).pk,
        "secret": application.secrets.get().pk,
        "line": AllowedIP.objects.create(account=account, network="192.0.2.1/32").pk,
        "channel": "sms",
        "setting": "sms_dlr_callback",
        "delivery": only().key,
        "key": create_api_key(account=account, name=Name("CRM"), scopes=None, actor=actors.OPERATOR)[0].pk,
        "object_id": account.pk,
    }


def path_of(address: str, known: dict[str, object]) -> str:
    """The address with Alice's account and what belongs to it filled in."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(known.get(match[1], 1)), address)


def client_of(user: User | None) -> Client:
    """A browser of somebody who has given the password just now, or of nobody; staff has a second factor."""
    client = Client(raise_request_exception=False)
    if user is None:
        return client
    if User.objects.get(pk=user.pk).is_staff:
        sign_in_twice(client, user)
    else:
        client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


type Visit = tuple[str, Client]


def visits(who: str, cast: Cast, addresses: list[str]) -> Iterator[Visit]:
    """Each address with a browser of this person, who signs in again where an address has ended the session."""
    user, known = {"nobody": None, "member": cast.alice, "staff": cast.ada}[who], things(cast)
    client = client_of(user)
    for address in addresses:
        if user is not None and "_auth_user_id" not in client.session:
            client = client_of(user)
        yield path_of(address, known), client


# Nobody meets little but the pages of signing in: all others lead there.
OF = {"nobody": [*SIGN_IN, *PANEL[-2:], *OPERATOR[:2]], "member": PANEL, "staff": OPERATOR}
PATHS = [address for address in ADDRESSES if "<" in address]


def judge(answer: Any, *asked: object) -> int:
    assert answer.status_code < 500, asked
    status: int = answer.status_code
    return status


@pytest.mark.parametrize("who", OF)
def test_hostile_queries(who: str, cast: Cast) -> None:
    statuses = set()
    for path, client in visits(who, cast, OF[who]):
        for value in HOSTILE:
            query = "&".join(f"{name}={value}" for name in QUERY)
            statuses.add(judge(client.get(path, QUERY_STRING=query), path, query[:200]))
        judge(client.get(path, QUERY_STRING="%ED%A0%80=%FF&&=&%"), path)
    assert 200 in statuses, "pages were reached"


def test_hostile_filters_of_the_operators_lists(cast: Cast) -> None:
    lists = [address for address in OPERATOR if address.count("/") == 3]
    assert len(lists) > 5
    for path, client in visits("staff", cast, lists):
        for value in (NUL, HUGE, "9" * 25):
            for name in OPERATORS_QUERY:  # one by one: the first that is refused would hide the others
                judge(client.get(path, QUERY_STRING=f"{name}={value}"), path, name, value[:80])


@pytest.mark.parametrize("who", OF)
def test_hostile_forms(who: str, cast: Cast) -> None:
    for path, client in visits(who, cast, OF[who]):
        sent = fields(client.get(path)) | {"next": ""}
        names = [*sent, "credential", "code", "_selected_action"]
        first, *others = HOSTILE
        if judge(post(client, path, dict.fromkeys(names, first)), path) == 405:
            continue  # a page that takes no form
        for value in others:
            judge(post(client, path, dict.fromkeys(names, value)), path, value[:80])
        for name in sent:  # one by one, the others as they stand in the page
            for value in (NUL, HUGE):
                judge(post(client, path, {**sent, name: value}), path, name, value[:80])


def post(client: Client, path: str, sent: dict[str, str]) -> Any:
    return client.post(path, "&".join(f"{name}={value}" for name, value in sent.items()), FORM)


def fields(answer: Any) -> dict[str, str]:
    """The fields of a page with their values, less the token against forgery, which the test client need not send.

    Not those of the frame: they are the same on every page, and go elsewhere.
    """
    found = {}
    page = answer.getvalue().decode().partition("<main")[2]
    for tag in re.findall(r"<(?:input|select|textarea|button)[^>]*>", page):
        if (name := re.search(r' name="([^"]+)"', tag)) and name[1] != "csrfmiddlewaretoken":
            value = re.search(r' value="([^"]*)"', tag)
            found[name[1]] = quote(unescape(value[1])) if value else "sms"
    return found


def test_hostile_paths(cast: Cast) -> None:
    known, alice, ada = things(cast), client_of(cast.alice), client_of(cast.ada)
    for address in PATHS:
        client = ada if address in OPERATOR else alice
        for name in re.findall(r"<[^>]+>", address):
            for value in filter(taken_by(name), ("%00", "%FF", HUGE, "9" * 25, "-", "%5B::1")):
                path = path_of(address.replace(name, value), known)
                judge(client.get(path), path[:200])


def taken_by(name: str) -> Callable[[str], object]:
    """Return what says whether a value reaches the view. Any other value makes an unknown address (see below)."""
    kind = re.compile(get_converters()[name.strip("<>").rpartition(":")[0] or "str"].regex)
    return lambda value: kind.fullmatch(unquote(value))


@pytest.mark.parametrize("value", ["%00", "%FF", "%5B::1", "-", "%ED%A0%80"])
def test_hostile_unknown_addresses(value: str, cast: Cast) -> None:
    for user, site in ((None, "panel"), (cast.alice, "panel"), (cast.ada, "operator")):
        assert judge(client_of(user).get(f"/{site}/{value}/"), site, value) == 404


@pytest.mark.parametrize("name", COOKIES)
def test_hostile_cookies(name: str, cast: Cast) -> None:
    pages = ("/panel/sign-in/", "/panel/", f"/panel/{cast.account.pk}/applications/", "/operator/")
    for client in (client_of(None), client_of(cast.alice)):
        session = client.cookies.output(header="", sep=";")
        for path, value in product(pages, HOSTILE_COOKIES):
            client.cookies.clear()
            judge(client.get(path, HTTP_COOKIE=f"{session}; {name}={value}"), path, name, value[:80])
    client.cookies.clear()
    assert client.get(pages[2], HTTP_COOKIE=session).status_code == 200, "Alice was signed in all the time"
