"""Hostile cookies, queries and form fields at every address of the panel and the operator site: never a 5xx.

In-process and byte by byte where it matters: queries and bodies are percent-encoded here, as a client sends them.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from applications.models import AllowedIP, User
from applications.operations import actors
from applications.operations.api_keys import create_api_key
from tests.cast import Cast, make_cast
from tests.factories import PASSWORD, make_token
from tests.panel.pages import Answer

FORM = "application/x-www-form-urlencoded"
# As they stand in a query or a body. %ED%A0%80 is a lone surrogate in what would be UTF-8.
HOSTILE = {
    "NUL": "%00",
    "NUL inside": "a%00b",
    "surrogate": "%ED%A0%80",
    "not UTF-8": "%FF%FE",
    "huge": "9" * 25,
    "digits beyond Python's": "9" * 5000,
    "minus": "-1",
    "broken URL": quote("http://[::1", safe=""),
    "long": "x" * 20_000,
    "object": quote('{"id": 1}'),
    "deep": quote("[" * 9000),
    "escaped surrogate": quote('{"id": "\\ud800", "rawId": "AAAA", "type": "public-key", "response": {}}'),
}
QUERY = ["next", "page", "q", "scope", "state", "sort", "order", "recovery", "request", "line"]
OPERATORS_QUERY = ["p", "o", "q", "e", "all", "_popup", "_to_field", "_changelist_filters", "action"]
OPERATORS_QUERY += ["action__exact", "account__id__exact", "id__exact", "id__in", "created_at__gte", "name"]
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


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def path_of(address: str, cast: Cast) -> str:
    """The address with Alice's account and what belongs to it filled in."""
    own = cast.application if "application_id" in address else None
    line = AllowedIP.objects.create(account=cast.account, application=own, network="192.0.2.1/32")
    things = {
        "account_id": cast.account.pk,
        "application_id": cast.application.application_id,
        "token": make_token(cast.application).pk,
        "secret": cast.application.secrets.get().pk,
        "line": line.pk,
        "channel": "sms",
        "key": create_api_key(account=cast.account, name="CRM", scopes=None, actor=actors.OPERATOR)[0].pk,
        "object_id": cast.account.pk,
        "uidb36": "1",
        "content_type_id": 1,
    }
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(things.get(match[1], 1)), address)


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def people(cast: Cast, address: str) -> list[Client]:
    if address in PANEL:
        return [client_of(None), client_of(cast.alice)]
    User.objects.filter(pk=cast.ada.pk).update(is_staff=True, is_superuser=True)
    return [client_of(None), client_of(cast.ada)]


def judge(answer: Any, *asked: object) -> None:
    assert answer.status_code < 500, asked


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_queries(address: str, cast: Cast) -> None:
    path, names = path_of(address, cast), QUERY if address in PANEL else OPERATORS_QUERY
    for client in people(cast, address):
        for value in HOSTILE.values():
            query = "&".join(f"{name}={value}" for name in names)
            judge(client.get(path, QUERY_STRING=query), path, query[:200])
            judge(client.get(path, QUERY_STRING=f"{value}={value}&&=&%"), path, value[:80])


@pytest.mark.parametrize("address", [address for address in OPERATOR if address.count("/") == 3])
def test_hostile_filters_of_the_operators_lists(address: str, cast: Cast) -> None:
    _nobody, staff = people(cast, address)
    for value in HOSTILE.values():
        for name in OPERATORS_QUERY:  # one by one: the first that is refused would hide the others
            judge(staff.get(f"/{address}", QUERY_STRING=f"{name}={value}"), address, name, value[:80])


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_forms(address: str, cast: Cast) -> None:
    path = path_of(address, cast)
    for client in people(cast, address):
        names = {*fields(client.get(path)), "next", "credential", "code", "action", "_selected_action"}
        for value in HOSTILE.values():
            body = "&".join(f"{name}={value}" for name in sorted(names))
            judge(client.post(path, body, FORM), path, body[:200])


def fields(answer: Answer) -> set[str]:
    """Names of the fields of a page, less the token against forgery, which the test client need not send."""
    found = re.findall(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"', answer.content.decode())
    return set(found) - {"csrfmiddlewaretoken"}


@pytest.mark.parametrize("address", [address for address in ADDRESSES if "<" in address])
def test_hostile_paths(address: str, cast: Cast) -> None:
    good = dict(zip(re.findall(r"<[^>]+>", address), re.findall(r"<[^>]+>", address), strict=True))
    for client in people(cast, address):
        for name in good:
            for value in ["%00", "%FF", "9" * 25, "9" * 5000, "-", "http:%2F%2F%5B::1"]:
                path = path_of(address.replace(name, value), cast)
                judge(client.get(path), path[:200])
                judge(client.post(path), path[:200])
                AllowedIP.objects.all().delete()


@pytest.mark.parametrize("name", COOKIES)
@pytest.mark.parametrize(
    "value",
    ['"\\000aaaaaaaaaaaa"', "a" * 5000, "\xff\xfe", "\xed\xa0\x80", "9" * 30, '"', "[[[", "a;b=\\000"],
)
def test_hostile_cookies(name: str, value: str, cast: Cast) -> None:
    for path in ("/panel/sign-in/", "/panel/", f"/panel/{cast.account.pk}/applications/", "/operator/"):
        for client in (client_of(None), client_of(cast.alice)):
            session = client.cookies.output(header="", sep=";")
            for cookies in (f"{name}={value}", f"{session}; {name}={value}"):
                client.cookies.clear()
                judge(client.get(path, HTTP_COOKIE=cookies), path, cookies)
