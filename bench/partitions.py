"""What a token takes in PostgreSQL, and how the frequent statements run on a table in partitions by hash of the key.

`python -m bench.billion --measure` runs it, on a PostgreSQL of its own.
"""

import hashlib
import random
import re
import statistics
import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Address

from django.db import connection
from django.utils.timezone import now

from applications.models import Account
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import OPEN_ALLOWLIST
from bench.filling import fill_applications, fill_tokens, run, settle
from bench.report import table

TOKENS, APPLICATIONS, CALLS = 200_000, 10_000, 1_000
TABLE = "applications_accesstoken"
# A unique index has to contain what the partitions are by, so `id` alone is unique by its sequence, and by no index.
PARTITIONED = f"""
CREATE TABLE {TABLE} (LIKE whole INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING CONSTRAINTS,
    PRIMARY KEY (id, key), UNIQUE (key)) PARTITION BY HASH (key)
"""
PARTITION = "CREATE TABLE {0}_{1} PARTITION OF {0} FOR VALUES WITH (MODULUS {2}, REMAINDER {1}) WITH (fillfactor = 90)"
FILLED = (
    f"CREATE INDEX ON {TABLE} (application_id, id)",
    f"CREATE INDEX ON {TABLE} (application_id, generation) WHERE expires_at IS NULL AND revoked_at IS NULL",
    f"INSERT INTO {TABLE} OVERRIDING SYSTEM VALUE SELECT * FROM whole",
    f"SELECT setval(pg_get_serial_sequence('{TABLE}', 'id'), (SELECT max(id) FROM whole))",
)
NEWEST = f"SELECT id FROM {TABLE} WHERE application_id = %s ORDER BY id DESC LIMIT 50"


def measure() -> None:
    """Print both tables."""
    account = Account.objects.create(name="Bench")
    fill_applications(account, 1, APPLICATIONS)
    fill_tokens(TOKENS)
    settle()
    shown = ["a token in the table", "in its indexes", "in the log", "in the log, with full pages"]
    print(table([shown, _bytes()]))
    rows = [
        ["", "issue p10", "check p10", "newest 50 of one application", "partitions that a check looks into"]
    ]
    settle()
    rows.append(["one table", *_latencies(), "1"])
    run(f"ALTER TABLE {TABLE} RENAME TO whole")
    for number in (8, 64):
        _part(number)
        rows.append([f"{number} partitions", *_latencies(), str(_looked_into())])
        run("SET plan_cache_mode = force_generic_plan")
        rows.append(["the same, planned once", *_latencies(), ""])
        run("RESET plan_cache_mode")
    print(f"\n{TOKENS:,} tokens of {APPLICATIONS:,} applications\n")
    print(table(rows))
    connection.close()


def _part(partitions: int) -> None:
    """Put the tokens into a table of so many partitions, instead of any before it."""
    run(f"DROP TABLE IF EXISTS {TABLE}")
    run(PARTITIONED)
    for number in range(partitions):
        run(PARTITION.format(TABLE, number, partitions))
    for statement in FILLED:
        run(statement)
    settle()


def _bytes() -> list[str]:
    heap, indexes = run(f"SELECT pg_relation_size('{TABLE}'), pg_indexes_size('{TABLE}')")[0]
    logged = []
    for full_pages in ("off", "on"):
        run(f"ALTER SYSTEM SET full_page_writes = {full_pages}")
        run("SELECT pg_reload_conf()")
        run("CHECKPOINT")
        time.sleep(1)  # for the server to read it
        issue, before = _issuing(), _written()
        for _time in range(CALLS):
            issue()
        logged.append((_written() - before) / CALLS)
    return [f"{each:.0f} bytes" for each in (heap / TOKENS, indexes / TOKENS, *logged)]


def _written() -> int:
    """Return how many bytes of write-ahead log there have been."""
    return int(run("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0][0])


def _latencies() -> list[str]:
    keys = [row[0] for row in run(f"SELECT key FROM {TABLE} ORDER BY random() LIMIT {CALLS}")]
    owners = [row[0] for row in run(f"SELECT application_id FROM {TABLE} LIMIT 100")]
    calls: list[Callable[[], object]] = [
        _issuing(),
        lambda: find_token(random.choice(keys), now()),
        lambda: run(NEWEST, [random.choice(owners)]),
    ]
    return [f"{_quick(call):.3f} ms" for call in calls]


def _issuing() -> Callable[[], object]:
    def issue() -> object:
        number, value = random.randint(1, APPLICATIONS), new_credential()
        token = NewToken(
            key=token_key(value),
            hint=hint(value),
            client_id=hashlib.sha256(f"id {number}".encode()).hexdigest()[:40],
            secret_digest=digest(str(number)),
            scopes=None,
            allowlist=OPEN_ALLOWLIST,
            address=IPv4Address("192.0.2.1"),
        )
        return insert_token(token, now())

    return issue


def _quick(call: Callable[[], object]) -> float:
    """Return the 10th percentile of what a call takes, in ms; each has to have a result.

    Not the median: on a machine with other work that is about the others.
    """
    taken = []
    for _number in range(CALLS):
        began = time.perf_counter()
        result = call()
        taken.append((time.perf_counter() - began) * 1000)
        assert result is not None
    return statistics.quantiles(taken, n=10)[0]


def _looked_into() -> int:
    """Return how many partitions the plan of a check runs through."""
    plan = run(f"EXPLAIN (ANALYZE) SELECT * FROM {TABLE} WHERE key = %s", [uuid.uuid4()])
    return len(re.findall(rf"on {TABLE}_\d+", "\n".join(row[0] for row in plan)))
