"""Issuing a token, and finding a live one by its key."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from applications.models.statements.conditions import LIVE_TOKEN, PROVEN_CLIENT
from applications.models.statements.running import fetch_row, time_of
from applications.rules.networks import Address

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

# INSERT … SELECT, so that what the token is made of (the application's generation, scopes and lifetime) and what
# it is made for (a secret that works, an enabled application) are read under one snapshot with the
# write. It takes no lock: with FOR SHARE, PostgreSQL would re-read the row after a concurrent "revoke
# all" and insert a token of the new generation, for a secret checked under the old one.
ISSUE = f"""
INSERT INTO applications_accesstoken
    (key, hint, application_id, generation, scope, issued_at, issued_ip, expires_at)
SELECT %s, %s, client.id, client.generation, {{scope}}, %s, %s,
    CASE client.lifetime WHEN '1 day' THEN %s WHEN '1 week' THEN %s END
{PROVEN_CLIENT} {{holds}}
RETURNING application_id, scope, expires_at
"""
# Case matters in scopes, and SQLite's LIKE does not see it; replace() is exact on both.
HOLDS = "AND replace(' ' || client.scope || ' ', %s, '') <> ' ' || client.scope || ' '"
ISSUE_ALL = ISSUE.format(scope="client.scope", holds="")

# What is read of a live token, its client and the client's account (`owner`), in the order of FoundToken's fields.
TOKEN_COLUMNS = """token.id, token.generation, token.scope, token.issued_at, token.expires_at, token.last_used_at,
    client.id, client.application_id, client.account_id, client.name, client.grants, client.allowlist,
    client.last_used_at, owner.name, owner.timezone"""
# A token with its client and account, to join or to select from.
TOKEN_TABLES = """applications_accesstoken token
    JOIN applications_application client ON client.id = token.application_id
    JOIN applications_account owner ON owner.id = client.account_id"""
FIND_TOKEN = f"SELECT {TOKEN_COLUMNS} FROM {TOKEN_TABLES} WHERE {LIVE_TOKEN}"

TIMES = frozenset({"issued_at", "expires_at", "last_used_at", "application_last_used_at"})


@dataclass(frozen=True, slots=True)
class Inserted:
    """What a token was issued for; `seconds` is its lifetime, None for one that never expires."""

    application_pk: int
    scope: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class FoundToken:
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
    allowlist: str
    application_last_used_at: datetime | None
    account_name: str
    account_timezone: str


COLUMNS = tuple(field.name for field in fields(FoundToken))  # in the order of TOKEN_COLUMNS


def insert_token(
    *,
    key: uuid.UUID,
    hint: str,
    client_id: str,
    secret_digest: bytes,
    scopes: tuple[str, ...] | None,
    allowlist: str,
    address: Address,
    moment: datetime,
) -> Inserted | None:
    """Store a token for the application of this ID and secret; None when anything is not as asked.

    `scopes` None means all scopes of the application. Times are aware; `moment` is the time of issue.
    """
    made: list[Any] = [moment, address, moment + DAY, moment + WEEK]
    conditions: list[Any] = [client_id, secret_digest, moment, allowlist]
    if scopes is None:
        statement, parameters = ISSUE_ALL, [key, hint, *made, *conditions]
    else:
        statement = ISSUE.format(scope="%s", holds=HOLDS * len(scopes))
        parameters = [key, hint, " ".join(scopes), *made, *conditions, *(f" {name} " for name in scopes)]
    row = fetch_row(statement, parameters)
    if row is None:
        return None
    expires_at = time_of(row[2])
    seconds = round((expires_at - moment).total_seconds()) if expires_at else None
    return Inserted(row[0], row[1], seconds)


def find_token(key: uuid.UUID, moment: datetime) -> FoundToken | None:
    """Return the live token of this key, or None: unknown, expired, revoked and disabled look the same."""
    row = fetch_row(FIND_TOKEN, [key, moment])
    if row is None:
        return None
    return found_token(row)


def found_token(row: Sequence[Any]) -> FoundToken:
    """Return the token of a row of TOKEN_COLUMNS."""
    columns: list[Any] = [
        time_of(value) if name in TIMES else value for name, value in zip(COLUMNS, row, strict=True)
    ]
    return FoundToken(*columns)
