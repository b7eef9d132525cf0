"""What each page of the panel costs on tables of any size: its queries, and the milliseconds that the server takes."""

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import now

from applications.models import Application, ApplicationSecret, Delivery, User
from applications.models.order_of_use import Place
from bench.processes import processor_seconds
from bench.report import table

MOST_QUERIES, MOST_MS, MOST_BYTES = 12, 50, 100_000
CALLS = 9
# Lists as they are looked at too.
QUERIES = (
    "applications/?q=branch",
    "applications/?q=branch+777",
    "applications/?sort=name",
    "applications/?sort=-state",
    "applications/?scope=groups&state=enabled",
    "applications/?page=300",
    "search/results/?q=branch",
    "activity/?reason=wrong_secret",
    "key-safety/?kind=never_expires",
    "audit-log/?who=user:owner@bench.example",
)
# Those whose addresses hold something that this account does not have; each is a question with no list in it.
NEEDS_MORE = re.compile(r"<str:value>|<int:(member_id|invitation|session|found|kept|line)>")
DOWNLOAD = re.compile(r"export\.")  # sent in pieces for as long as it takes (docs/decisions/0021)


@dataclass(frozen=True)
class Page:
    """A page that was asked for: its queries, the server's time in ms (median), and its length on the wire in bytes.

    The time is that of the processor, of the server and of PostgreSQL together, so that other work on the machine
    does not count; `wall_ms` is the time that passed.
    """

    address: str
    status: int
    queries: int
    ms: float
    wall_ms: float
    length: int

    @property
    def is_good(self) -> bool:
        """Whether it keeps the limits."""
        return self.queries <= MOST_QUERIES and self.ms <= MOST_MS and self.length <= MOST_BYTES


def measure(application: Application) -> bool:
    """Print what each page costs, the dearest first; return whether all keep the limits."""
    client = client_of(User.objects.get())
    pages = [page for path in paths_of(application) if (page := look_at(client, path))]
    rows = [["page", "queries", "ms", "passed ms", "bytes", ""]]
    for page in sorted(pages, key=lambda page: page.ms, reverse=True):
        name = page.address.replace(application.application_id, "…") + (
            f" ({page.status})" if page.status != 200 else ""
        )
        figures = [str(page.queries), f"{page.ms:.0f}", f"{page.wall_ms:.0f}", f"{page.length:,}"]
        rows.append([name, *figures, "" if page.is_good else "missed"])
    print(f"\nGoal: at most {MOST_QUERIES} queries, {MOST_MS} ms and {MOST_BYTES:,} bytes.\n")
    print(table(rows))
    return all(page.is_good for page in pages)


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
        "setting": "sms_dlr_callback",
        "delivery": _a_delivery(application),
        "token": application.tokens.earliest("pk").pk,
        "secret": secret.pk,
        "key": application.account.api_keys.latest("pk").pk,
        "kind": "no_allowed_ips",
    }
    usable = [each for each in addresses() if not NEEDS_MORE.search(each) and not DOWNLOAD.search(each)]
    paths = ["/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(things[found[1]]), each) for each in usable]
    middle = Place(now() - timedelta(days=45), application.pk)
    queries = [*QUERIES, f"applications/?after={middle}", f"applications/?before={middle}"]
    return [*paths, *(f"/panel/{application.account_id}/{query}" for query in queries)]


def _a_delivery(application: Application) -> str:
    delivery = Delivery.objects.filter(application=application).order_by("pk").last()
    return delivery.key if delivery else "none"  # a page that is not found


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
    queries = queries_of(client, path)
    taken = [_milliseconds(client, path) for _call in range(calls)]
    spent, passed = (statistics.median(column) for column in zip(*taken, strict=True))
    return Page(path, response.status_code, queries, spent, passed, len(response.content))


def queries_of(client: Client, path: str) -> int:
    """Return how many queries a page makes."""
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def _milliseconds(client: Client, path: str) -> tuple[float, float]:
    """Return how long the processor worked for a page, and how long it took."""
    spent, began = processor(), time.perf_counter()
    client.get(path)
    return (processor() - spent) * 1000, time.perf_counter() * 1000 - began * 1000


def processor() -> float:
    """Seconds that this process and its backend of PostgreSQL have worked so far."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    return time.process_time() + processor_seconds(backend)
