"""Latency of the two frequent statements, of revoking all, and of issuing beside a purge, on tables small and large."""

import hashlib
import random
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

from django.db import connection
from django.utils.timezone import now

from applications.models import Account, Application
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.purge import purge_tokens
from applications.operations.tokens import revoke_all_tokens
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import OPEN_ALLOWLIST
from bench.report import table

MILLION = 1_000_000
ADDRESS = IPv4Address("192.0.2.1")
FEW, APPLICATIONS = 1_000, 100_000
CALLS = 3_000  # of each statement
REVOCATIONS = 50
SECONDS = 10  # of issuing alone, to compare with

# Rows as real ones are: IDs and digests random, tokens of any application in any order. The secret of an application
# is its number, so that any of them can be asked for a token.
MORE_APPLICATIONS = """
INSERT INTO applications_application (account_id, application_id, name, lifetime, is_enabled, generation,
    live_generation, scope, grants, allowlist, revision, created_at, created_by)
SELECT %s, left(encode(sha256(('id ' || number)::bytea), 'hex'), 40), '', '1 day', true, 0, 0, 'account groups',
    'account:0 groups:0', '|', 0, now(), '' FROM generate_series(%s::int, %s::int) number
"""
THEIR_SECRETS = """
INSERT INTO applications_applicationsecret (application_id, digest, hint, created_at, created_by)
SELECT client.id, sha256(number::text::bytea), 'beef', now(), '' FROM generate_series(%s::int, %s::int) number
JOIN applications_application client
    ON client.application_id = left(encode(sha256(('id ' || number)::bytea), 'hex'), 40)
"""
MORE_TOKENS = """
INSERT INTO applications_accesstoken
    (key, hint, application_id, generation, scope, issued_at, issued_ip, expires_at)
SELECT gen_random_uuid(), 'beef', COALESCE(%s::bigint, first + (random() * (last - first))::bigint), 0,
    'account groups', now() - interval '9 days', '192.0.2.1', now() + %s::int * interval '1 day'
FROM generate_series(1, %s::int), (SELECT min(id) AS first, max(id) AS last FROM applications_application) ends
"""
SETTLE = ("VACUUM ANALYZE applications_application", "VACUUM ANALYZE applications_applicationsecret",
          "VACUUM ANALYZE applications_accesstoken", "CHECKPOINT")  # fmt: skip


def measure(*, ten_million: bool) -> None:
    """Print a table for each of the three questions."""
    # What an operator is told to set: at its default most of the work is full pages after checkpoints.
    _run("ALTER SYSTEM SET max_wal_size = '8GB'")
    _run("SELECT pg_reload_conf()")
    _measure_latency([FEW, MILLION, *([10 * MILLION] if ten_million else [])])
    _measure_revocation()
    _measure_purge()
    connection.close()


def _measure_latency(sizes: list[int]) -> None:
    account = Account.objects.create(name="Bench")
    rows, tokens, applications = [], 0, 0
    for size in sizes:
        wanted = 100 if size == FEW else APPLICATIONS
        _fill_applications(account, applications + 1, wanted)
        _fill_tokens(size - tokens)
        tokens, applications = size, wanted
        for statement in SETTLE:
            _run(statement)
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


def _fill_applications(account: Account, first: int, last: int) -> None:
    _say(f"filling up to {last:,} applications")
    _run(MORE_APPLICATIONS, [account.pk, first, last])
    _run(THEIR_SECRETS, [first, last])


def _fill_tokens(number: int, application_pk: int | None = None, days: int = 1) -> None:
    """Store tokens that end in so many days, of one application or of any."""
    _say(f"filling {number:,} tokens")
    for start in range(0, number, MILLION):
        _run(MORE_TOKENS, [application_pk, days, min(MILLION, number - start)])


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
        row[0] for row in _run(f"SELECT key FROM applications_accesstoken ORDER BY random() LIMIT {CALLS}")
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
    _fill_tokens(1, few.pk)
    _fill_tokens(MILLION, many.pk)
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
    _fill_tokens(max(0, MILLION - dead), days=-1)
    for statement in SETTLE:
        _run(statement)
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
    count: int = _run(
        "SELECT count(*) FROM applications_accesstoken token JOIN applications_application client"
        " ON client.id = token.application_id WHERE token.generation < client.live_generation"
    )[0][0]
    return count


def _run(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def _say(what: str) -> None:
    print(what, file=sys.stderr)
