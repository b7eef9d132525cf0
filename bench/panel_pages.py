"""What each page of the panel costs on tables of any size: its queries, and the milliseconds that the server takes."""

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from applications.models import Application, ApplicationSecret, User

MOST_QUERIES, MOST_MS = 12, 50
CALLS = 15
# Those whose addresses hold something that this account does not have; each is a question with no list in it.
NEEDS_MORE = re.compile(r"<str:value>|<int:(member_id|invitation|session|found|kept|line)>")
DOWNLOAD = re.compile(r"export\.")  # sent in pieces for as long as it takes (docs/decisions/0021)


@dataclass(frozen=True)
class Page:
    """A page that was asked for: its queries, and how long the server took (median, in ms)."""

    address: str
    status: int
    queries: int
    ms: float
    length: int
    slowest: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it keeps both limits."""
        return self.queries <= MOST_QUERIES and self.ms <= MOST_MS


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, before: str = "panel/"
) -> Iterator[str]:
    """Yield each address of panel/urls.py as it is written there."""
    for pattern in get_resolver("applications.panel.urls").url_patterns if patterns is None else patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield here


def paths_of(application: Application) -> list[str]:
    """Return the paths of all pages that can be filled in with this application and its account."""
    secret = ApplicationSecret.objects.filter(application=application).earliest("pk")
    things = {
        "account_id": application.account_id,
        "application_id": application.application_id,
        "channel": "viber",
        "token": application.tokens.earliest("pk").pk,
        "secret": secret.pk,
        "key": application.account.api_keys.latest("pk").pk,
        "kind": "no_allowed_ips",
    }
    usable = [each for each in addresses() if not NEEDS_MORE.search(each) and not DOWNLOAD.search(each)]
    return ["/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(things[m[1]]), each) for each in usable]


def client_of(user: User) -> Client:
    """Return a browser's client in which `user` has just signed in."""
    client = Client(SERVER_NAME="localhost", headers={"Accept-Encoding": "gzip"})
    client.force_login(user)
    return client


def look_at(client: Client, path: str, calls: int = CALLS) -> Page | None:
    """Return what a page costs; None where the address takes only POST."""
    response = client.get(path)
    if response.status_code == 405:
        return None
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    slowest = max(captured.captured_queries, key=lambda query: float(query["time"]), default={"sql": ""})
    return Page(
        path,
        response.status_code,
        len(captured),
        statistics.median(_milliseconds(client, path) for _call in range(calls)),
        _length(response),
        f"{slowest.get('time', '')} s: {slowest['sql'][:300]}",
    )


def _length(response: object) -> int:
    return len(response.content) if isinstance(response, HttpResponse) else 0


def _milliseconds(client: Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - began) * 1000
