"""Filling tables with as many applications and tokens as a bench asks for."""

import sys
from typing import Any

from django.db import connection

from applications.models import Account

MILLION = 1_000_000

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


def fill_applications(account: Account, first: int, last: int) -> None:
    """Store the applications of these numbers with their secrets."""
    _say(f"filling up to {last:,} applications")
    run(MORE_APPLICATIONS, [account.pk, first, last])
    run(THEIR_SECRETS, [first, last])


def fill_tokens(number: int, application_pk: int | None = None, days: int = 1) -> None:
    """Store tokens that end in so many days, of one application or of any."""
    _say(f"filling {number:,} tokens")
    for start in range(0, number, MILLION):
        run(MORE_TOKENS, [application_pk, days, min(MILLION, number - start)])


def settle() -> None:
    """Do what autovacuum and the checkpointer would have done in the meantime."""
    for statement in SETTLE:
        run(statement)


def run(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Return the rows that a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def _say(what: str) -> None:
    print(what, file=sys.stderr)
