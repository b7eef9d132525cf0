"""Latency of the frequent statements and of pages, of revoking all, and of issuing beside a purge, as tables grow."""

import hashlib
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Address

from django.db import connection
from django.utils.timezone import now

from applications.models import Account, Application, Membership, User
from applications.models.memberships import Role
from applications.models.order_of_use import NEVER, Place
from applications.models.statements.clients import TokenQuestion, find_client_and_token
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.purge import purge_tokens
from applications.operations.tokens import revoke_all_tokens
from applications.panel.views.applications import MOST, ROWS
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import OPEN_ALLOWLIST
from bench.filling import MILLION, fill_applications, fill_tokens, run, settle
from bench.panel_pages import client_of, processor
from bench.report import table

ADDRESS = IPv4Address("192.0.2.1")
FEW, APPLICATIONS = 1_000, 100_000
CALLS = 3_000  # of each statement
TOKENS_SHOWN = 25  # of the application whose tokens are looked at: a page
PAGES = 150  # views of each page
REVOCATIONS = 50
SECONDS = 10  # of issuing alone, to compare with


def measure(*, ten_million: bool) -> None:
    """Print a table for each of the three questions."""
    # What an operator is told to set: at its default most of the work is full pages after checkpoints.
    run("ALTER SYSTEM SET max_wal_size = '8GB'")
    run("SELECT pg_reload_conf()")
    _measure_latency([FEW, MILLION, *([10 * MILLION] if ten_million else [])])
    _measure_revocation()
    _measure_purge()
    connection.close()


def _measure_latency(sizes: list[int]) -> None:
    account = Account.objects.create(name="Bench")
    owner = User.objects.create(email="owner@bench.example")
    Membership.objects.create(account=account, user=owner, role=Role.OWNER)
    took: list[dict[str, tuple[float, float]]] = []
    tokens = applications = 0
    for size in sizes:
        wanted = FEW if size == FEW else APPLICATIONS
        fill_applications(account, applications + 1, wanted)
        if not tokens:
            fill_tokens(TOKENS_SHOWN, Application.objects.earliest("pk").pk)
        fill_tokens(size - tokens - (0 if tokens else TOKENS_SHOWN))
        tokens, applications = size, wanted
        settle()
        took.append({what: _time(call, calls, clock) for what, call, calls, clock in _works(owner, wanted)})
        print(f"{size:,} tokens: {_bytes()}")
    print(
        "\nGoal: at most 1.20× the latency with the fewest; p50 and p99 in ms, for pages of the processor.\n"
    )
    shown = [["what", *(f"{size:,}" for size in sizes), "ratio of p50"]]
    for what in took[0]:
        figures = [f"{each[what][0]:.2f}, {each[what][1]:.2f}" for each in took]
        shown.append([what, *figures, f"{took[-1][what][0] / took[0][what][0]:.2f}×"])
    print(table(shown))


def _works(
    owner: User, applications: int
) -> list[tuple[str, Callable[[], object], int, Callable[[], float]]]:
    """Return what is timed, how often and by which clock: the frequent statements, and pages as browsers ask.

    A page takes tens of milliseconds, in which neighbours work too, so the processor's time is told.
    """
    application = Application.objects.earliest("pk")
    home = f"/panel/{application.account_id}/applications/"
    return [
        ("issue", _issuing(applications), CALLS, time.perf_counter),
        ("check", _checking(), CALLS, time.perf_counter),
        ("introspect", _introspecting(applications), CALLS, time.perf_counter),
        ("list of applications", _opening(owner, home), PAGES, processor),
        ("list, a page in its middle", _opening(owner, f"{home}?{_middle(applications)}"), PAGES, processor),
        ("list, a search", _opening(owner, f"{home}?q={application.application_id[:8]}"), PAGES, processor),
        (
            "tokens of an application",
            _opening(owner, f"{home}{application.application_id}/tokens/"),
            PAGES,
            processor,
        ),
    ]


def _middle(applications: int) -> str:
    """Return the query of a page in the middle: of a list that is counted by its number, of a longer one by a place."""
    if applications <= MOST:
        return f"page={applications // ROWS // 2}"
    return f"after={Place(NEVER, applications // 2)}"


def _bytes() -> str:
    size = "pg_size_pretty(pg_{}_size('applications_accesstoken'))"
    found: str = run(
        f"SELECT 'table ' || {size.format('table')} || ', indexes ' || {size.format('indexes')}"
    )[0][0]
    return found


def _opening(owner: User, path: str) -> Callable[[], object]:
    client = client_of(owner)

    def opening() -> object:
        response = client.get(path)
        assert response.status_code == 200, path
        return response

    return opening


def _issuing(applications: int) -> Callable[[], object]:
    def issue() -> object:
        value = new_credential()
        client = _client(random.randint(1, applications))
        token = NewToken(token_key(value), hint(value), *client, None, OPEN_ALLOWLIST, ADDRESS)
        return insert_token(token, now())

    return issue


def _client(number: int) -> tuple[str, bytes]:
    """Return the ID of an application (bench/filling.py) and the digest of its secret."""
    return hashlib.sha256(f"id {number}".encode()).hexdigest()[:40], digest(str(number))


def _some_keys() -> list[uuid.UUID]:
    rows = run(f"SELECT key FROM applications_accesstoken ORDER BY random() LIMIT {CALLS}")
    return [row[0] for row in rows]


def _introspecting(applications: int) -> Callable[[], object]:
    keys = _some_keys()

    def introspect() -> object:
        client = _client(random.randint(1, applications))
        return find_client_and_token(TokenQuestion(*client, OPEN_ALLOWLIST, random.choice(keys)), now())

    return introspect


def _checking() -> Callable[[], object]:
    keys = _some_keys()

    def check() -> object:
        key: uuid.UUID = random.choice(keys)
        return find_token(key, now())

    return check


def _time(call: Callable[[], object], calls: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Return the 50th and the 99th percentile of what a call takes, in ms; each has to have a result."""
    taken = []
    for _number in range(calls):
        began = clock()
        result = call()
        taken.append((clock() - began) * 1000)
        assert result is not None
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[98]


def _measure_revocation() -> None:
    few, many = Application.objects.order_by("pk")[:2]
    fill_tokens(1, few.pk)
    fill_tokens(MILLION, many.pk)
    rows = [["tokens of the application", "revoking all, median"]]
    for number, application in ((1, few), (MILLION, many)):
        rows.append([f"{number:,}", f"{_revoke(application):.2f} ms"])
    print("\nGoal: the same time.\n")
    print(table(rows))


def _revoke(application: Application) -> float:
    taken = []
    for _number in range(REVOCATIONS):
        began = time.perf_counter()
        revoke_all_tokens(application=application, actor=OPERATOR)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _measure_purge() -> None:
    dead = _dead()
    fill_tokens(max(0, MILLION - dead), days=-1)
    settle()
    alone = _rate(lambda began: time.monotonic() - began < SECONDS)
    purged: list[int] = []
    purge = threading.Thread(target=lambda: purged.append(purge_tokens()))
    purge.start()
    beside = _rate(lambda _began: purge.is_alive())
    after = _rate(lambda began: time.monotonic() - began < SECONDS)
    kept = beside * 2 / (alone + after)
    print("\nGoal: issuing keeps at least 80 % of its speed.\n")
    shown = [f"{purged[0]:,}", f"{alone:,.0f}/s", f"{beside:,.0f}/s", f"{after:,.0f}/s", f"{kept:.0%}"]
    print(table([["purged", "issued before", "while purging", "after", "kept"], shown]))


def _rate(going_on: Callable[[float], bool]) -> float:
    """Return how many tokens a second one client is issued as long as that goes on."""
    issue, number, began = _issuing(100), 0, time.monotonic()
    while going_on(began):
        issue()
        number += 1
    return number / (time.monotonic() - began)


def _dead() -> int:
    count: int = run(
        "SELECT count(*) FROM applications_accesstoken token JOIN applications_application client"
        " ON client.id = token.application_id WHERE token.generation < client.live_generation"
    )[0][0]
    return count
