"""Fills the audit log of one account, and times what its page and its exports ask for."""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import now

from applications.forms.audit_log import AuditFilters
from applications.models import Account, AuditEvent
from applications.models.audit import Action
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR
from applications.operations.audit import record
from applications.panel.audit_export import export
from applications.panel.audit_log import PER_PAGE, read_log
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName
from bench.report import table

FEW = 100
CALLS = 60
YEARS = 3
# Of 1,000 rows one is of the rare person, one has the rare action, one the rare application; the rest is spread.
# The digests only count, for the triggers ask no more of them than their order.
ROWS = {
    "postgresql": """
        INSERT INTO applications_auditevent (account_id, action, actor_kind, actor, application_id, target, details, ip,
            request_id, created_at, previous, digest)
        SELECT %(account)s,
            CASE WHEN n %% 1000 = 7 THEN 'tokens:revoke'
                WHEN n %% 2 = 0 THEN 'application:change' ELSE 'person:sign_in' END,
            'user', CASE WHEN n %% 1000 = 11 THEN 'rare@example.com' ELSE 'person' || (n %% 5) || '@example.com' END,
            CASE WHEN n %% 1000 = 13 THEN repeat('f', 40) ELSE lpad((n %% 20)::text, 40, '0') END,
            'Order notifications', '{"scopes": ["sms groups reports", "sms groups"]}',
            ('192.0.2.' || (n %% 100))::inet, 'request-' || n,
            %(start)s + (n * %(step)s) * interval '1 second',
            CASE WHEN n = %(first)s THEN %(latest)s ELSE convert_to(lpad((n - 1)::text, 32, '0'), 'UTF8') END,
            convert_to(lpad(n::text, 32, '0'), 'UTF8')
        FROM generate_series(%(first)s::int, %(last)s::int) n
    """,
    "sqlite": """
        WITH RECURSIVE numbers(n) AS (SELECT %(first)s UNION ALL SELECT n + 1 FROM numbers WHERE n < %(last)s)
        INSERT INTO applications_auditevent (account_id, action, actor_kind, actor, application_id, target, details, ip,
            request_id, created_at, previous, digest)
        SELECT %(account)s,
            CASE WHEN n %% 1000 = 7 THEN 'tokens:revoke'
                WHEN n %% 2 = 0 THEN 'application:change' ELSE 'person:sign_in' END,
            'user', CASE WHEN n %% 1000 = 11 THEN 'rare@example.com' ELSE 'person' || (n %% 5) || '@example.com' END,
            CASE WHEN n %% 1000 = 13 THEN printf('%%.40c', 'f') ELSE printf('%%040d', n %% 20) END,
            'Order notifications', '{"scopes": ["sms groups reports", "sms groups"]}',
            '192.0.2.' || (n %% 100), 'request-' || n,
            strftime('%%Y-%%m-%%d %%H:%%M:%%f', %(start)s, '+' || (n * %(step)s) || ' seconds'),
            CASE WHEN n = %(first)s THEN %(latest)s ELSE CAST(printf('%%032d', n - 1) AS BLOB) END,
            CAST(printf('%%032d', n) AS BLOB)
        FROM numbers
    """,
}  # fmt: skip

# Rows that come a million in one statement are in order; the trigger would look at each. On SQLite it stays.
TRIGGER = {
    "postgresql": (
        "ALTER TABLE applications_auditevent DISABLE TRIGGER audit_continues",
        "ALTER TABLE applications_auditevent ENABLE TRIGGER audit_continues",
    ),
    "sqlite": ("PRAGMA cache_size = -400000", "PRAGMA cache_size = -2000"),
}


def measure(*, rows: int) -> None:
    """Print the median time of a page with each filter at FEW rows and at `rows`, and what an export takes."""
    account = create_account(
        name=ProperName("Bench"),
        owner_email=EmailAddress("owner@example.com"),
        owner_password="x",
        actor=OPERATOR,
    )
    start, taken = now() - timedelta(days=365 * YEARS), []
    for first, last in ((1, FEW), (FEW + 1, rows)):
        _fill(account, first, last, start, 365 * YEARS * 86400 / rows)
        newest = AuditEvent.objects.filter(account=account).latest("pk").pk
        taken.append(
            {name: _time(account, filters) for name, filters in _asked(start.date(), newest).items()}
        )
    shown = [["page", f"{FEW} rows p50", f"{rows:,} rows p50", "p99"]]
    for name, (median, longest) in taken[1].items():
        shown.append([name, f"{taken[0][name][0]:.2f} ms", f"{median:.2f} ms", f"{longest:.2f} ms"])
    print(table(shown))
    _measure_writing(account)
    _measure_export(account)
    connection.close()


def _asked(start: date, newest: int) -> dict[str, AuditFilters]:
    common, rare = "user:person1@example.com", "user:rare@example.com"
    client, seldom = f"{1:040}", "f" * 40
    long_ago = start + timedelta(days=400)
    return {
        "the newest": AuditFilters(),
        "the middle": AuditFilters(before=newest // 2),
        "a common person": AuditFilters(who=common),
        "a rare person": AuditFilters(who=rare),
        "any member": AuditFilters(who="user"),
        "the operator (one row)": AuditFilters(who="command"),
        "a common action": AuditFilters(action="application:change"),
        "a rare action": AuditFilters(action="tokens:revoke"),
        "an action without rows": AuditFilters(action="application:delete"),
        "a common application": AuditFilters(application_id=client),
        "a rare application": AuditFilters(application_id=seldom),
        "an address": AuditFilters(search="192.0.2.7"),
        "a request": AuditFilters(search="request-77"),
        "a week long ago": AuditFilters(first=long_ago, last=long_ago + timedelta(days=6)),
        "a person in that week": AuditFilters(who=common, first=long_ago, last=long_ago + timedelta(days=6)),
        "person and action": AuditFilters(who=common, action="application:change"),
        "rare person, rare action": AuditFilters(who=rare, action="tokens:revoke"),
        "common person, rare action": AuditFilters(who="user:person2@example.com", action="tokens:revoke"),
        "application and action": AuditFilters(application_id=client, action="tokens:revoke"),
        "application, person, action": AuditFilters(
            application_id=client, who=common, action="person:sign_in"
        ),
    }


def _fill(account: Account, first: int, last: int, start: object, step: float) -> None:
    print(f"filling up to {last:,} rows", file=sys.stderr)
    latest = bytes(AuditEvent.objects.filter(account=account).latest("pk").digest)
    values = {
        "account": account.pk,
        "first": first,
        "last": last,
        "start": start,
        "step": step,
        "latest": latest,
    }
    if connection.vendor == "sqlite":
        values["start"] = f"{start:%Y-%m-%d %H:%M:%S}"
    more = [index for index in AuditEvent._meta.indexes if index.name != "audit_by_account"]
    with connection.schema_editor() as editor:  # filled without them, in a fraction of the time
        for index in more:
            editor.remove_index(AuditEvent, index)
    before, after = TRIGGER[connection.vendor]
    _run(before)
    _run(ROWS[connection.vendor], values)
    _run(after)
    with connection.schema_editor() as editor:
        for index in more:
            editor.add_index(AuditEvent, index)
    _run("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE applications_auditevent")


def _run(statement: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _time(account: Account, filters: AuditFilters) -> tuple[float, float]:
    """Return the 50th and 99th percentile of a page, in ms: its queries and its words."""
    return _percentiles(lambda: read_log(account, filters))


def _percentiles(call: Callable[[], object]) -> tuple[float, float]:
    taken = []
    for _number in range(CALLS):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(taken, n=100)
    return cuts[49], cuts[98]


def _measure_writing(account: Account) -> None:
    median, longest = _percentiles(lambda: _write(account))
    print(f"\nWriting one row: {median:.2f} ms p50, {longest:.2f} ms p99, a page has {PER_PAGE}.\n")


@transaction.atomic
def _write(account: Account) -> None:
    record(OPERATOR, account, Action.APPLICATION_CHANGED, target="x")


def _measure_export(account: Account) -> None:
    for kind in ("csv", "jsonl"):
        before, began, size = _resident(), time.perf_counter(), 0
        most = before
        for number, piece in enumerate(export(account, AuditFilters().apply(account), kind)):
            size += len(piece)
            if number % 50 == 0:
                most = max(most, _resident())
        seconds = time.perf_counter() - began
        print(f"{kind}: {size / 1e6:,.0f} MB in {seconds:.1f} s, {most - before:.1f} MB more memory at most")


def _resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
