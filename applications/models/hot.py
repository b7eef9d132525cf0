"""The statements of the hot paths: issuing a token and asking about one. One round trip each.

The only raw SQL of the project, the same text on PostgreSQL and SQLite. Why each is as it is stands beside
it; docs/decisions/0004 has the measurements. Values go in through the backend's own adapters.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

# INSERT … SELECT, so that what the token is made of (the application's generation, scopes and lifetime) and what
# it is made for (a secret that works, an enabled application) are read under one snapshot with the
# write. It takes no lock: with FOR SHARE, PostgreSQL would re-read the row after a concurrent "revoke
# all" and insert a token of the new generation, for a secret checked under the old one.
# The fence is the text that the caller has just checked the address against: if the lists have changed
# since, nothing is inserted. The database compares SHA-256 digests: what their timing tells is
# about a digest that nobody can steer towards another.
ISSUE = """
INSERT INTO applications_accesstoken
    (key, hint, application_id, generation, scope, issued_at, issued_ip, expires_at)
SELECT %s, %s, client.id, client.generation, {scope}, %s, %s,
    CASE client.lifetime WHEN '1 day' THEN %s WHEN '1 week' THEN %s END
FROM applications_application client
JOIN applications_applicationsecret secret ON secret.application_id = client.id
WHERE client.application_id = %s AND secret.digest = %s
    AND (secret.expires_at IS NULL OR secret.expires_at > %s)
    AND client.is_enabled AND client.fence = %s {holds}
RETURNING application_id, scope, expires_at
"""
# Case matters in scopes, and SQLite's LIKE does not see it; replace() is exact on both.
HOLDS = "AND replace(' ' || client.scope || ' ', %s, '') <> ' ' || client.scope || ' '"

FIND = """
SELECT token.id, token.generation, token.scope, token.issued_at, token.expires_at, token.last_used_at,
    client.id, client.application_id, client.account_id, client.name, client.grants, client.fence,
    client.last_used_at
FROM applications_accesstoken token
JOIN applications_application client ON client.id = token.application_id
WHERE token.key = %s AND token.revoked_at IS NULL
    AND (token.expires_at IS NULL OR token.expires_at > %s)
    AND client.is_enabled AND token.generation >= client.live_generation
"""


TIMES = frozenset({"issued_at", "expires_at", "last_used_at", "application_last_used_at"})


@dataclass(frozen=True, slots=True)
class Inserted:
    """What a token was issued for; `seconds` is its lifetime, None for one that never expires."""

    application_pk: int
    scope: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A live token and the client it was issued to, as stored; the address and scopes are not judged yet."""

    pk: int
    generation: int
    scope: str
    issued_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    application_pk: int
    application_id: str
    account_pk: int
    application_name: str
    grants: str
    fence: str
    application_last_used_at: datetime | None


COLUMNS = tuple(field.name for field in fields(Found))  # in the order of FIND


def insert_token(
    *,
    key: uuid.UUID,
    hint: str,
    application_id: str,
    secret_digest: bytes,
    scopes: tuple[str, ...] | None,
    fence: str,
    ip: str,
    moment: datetime,
) -> Inserted | None:
    """Store a token for the application of this ID and secret; None when anything is not as asked.

    `scopes` None means all scopes of the application. Times are aware; `moment` is the time of issue.
    """
    day, week = (_time_in(moment + lifetime) for lifetime in (DAY, WEEK))
    at = _time_in(moment)
    wanted = scopes or ()
    statement = ISSUE.format(scope="client.scope" if scopes is None else "%s", holds=HOLDS * len(wanted))
    parameters = [_uuid_in(key), hint, *([" ".join(wanted)] if scopes is not None else [])]
    parameters += [at, connection.ops.adapt_ipaddressfield_value(ip), day, week]
    parameters += [application_id, secret_digest, at, fence, *(f" {name} " for name in wanted)]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    expires_at = _time_out(row[2])
    seconds = round((expires_at - moment).total_seconds()) if expires_at else None
    return Inserted(row[0], row[1], seconds)


def find_token(key: uuid.UUID, moment: datetime) -> Found | None:
    """Return the live token of this key, or None: unknown, expired, revoked and disabled look the same."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [_uuid_in(key), _time_in(moment)])
        row = cursor.fetchone()
    if row is None:
        return None
    columns: list[Any] = [
        _time_out(value) if name in TIMES else value for name, value in zip(COLUMNS, row, strict=True)
    ]
    return Found(*columns)


def _uuid_in(key: uuid.UUID) -> Any:
    return key if connection.features.has_native_uuid_field else key.hex


def _time_in(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _time_out(value: Any) -> datetime | None:
    # SQLite keeps times as text in UTC, which its driver knows for columns but not for expressions.
    parsed = parse_datetime(value) if isinstance(value, str) else value
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed
