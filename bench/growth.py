"""Latency of the two frequent statements, of revoking all, and of issuing beside a purge, on tables small and large."""

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

from applications.models import Account, Application
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.purge import purge_tokens
from applications.operations.tokens import revoke_all_tokens
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import OPEN_ALLOWLIST
from bench.filling import MILLION, fill_applications, fill_tokens, run, settle
from bench.report import table

ADDRESS = IPv4Address("192.0.2.1")
FEW, APPLICATIONS = 1_000, 100_000
CALLS = 3_000  # of each statement
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
    rows, tokens, applications = [], 0, 0
    for size in sizes:
        wanted = 100 if size == FEW else APPLICATIONS
        fill_applications(account, applications + 1, wanted)
        fill_tokens(size - tokens)
        tokens, applications = size, wanted
        settle()
        rows.append((size, wanted, _time(_issuing(wanted)), _time(_checking())))
    smallest = rows[0]
    shown = [["tokens", "applications", "issue p50", "p99", "check p50", "p99", "issue", "check"]]
    for size, wanted, issue, check in rows:
        ratios = [
            f"{took[0] / first[0]:.2f}×" for took, first in ((issue, smallest[2]), (check, smallest[3]))
        ]
        shown.append([f"{size:,}", f"{wanted:,}", *(f"{ms:.2f} ms" for ms in (*issue, *check)), *ratios])
    print("\nGoal: at most 1.20× the latency with the fewest.\n")
    print(table(shown))


def _issuing(applications: int) -> Callable[[], object]:
    def issue() -> object:
        number = random.randint(1, applications)
        value = new_credential()
        client = hashlib.sha256(f"id {number}".encode()).hexdigest()[:40], digest(str(number))
        token = NewToken(token_key(value), hint(value), *client, None, OPEN_ALLOWLIST, ADDRESS)
        return insert_token(token, now())

    return issue


def _checking() -> Callable[[], object]:
    keys = [
        row[0] for row in run(f"SELECT key FROM applications_accesstoken ORDER BY random() LIMIT {CALLS}")
    ]

    def check() -> object:
        key: uuid.UUID = random.choice(keys)
        return find_token(key, now())

    return check


def _time(call: Callable[[], object]) -> tuple[float, float]:
    """Return the 50th and the 99th percentile of what a call takes, in ms; each has to have a result."""
    taken = []
    for _number in range(CALLS):
        began = time.perf_counter()
        result = call()
        taken.append((time.perf_counter() - began) * 1000)
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
