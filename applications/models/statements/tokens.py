"""Issuing a token, and finding a live one by its key."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from applications.models.statements.conditions import (
    CLIENT_TABLES,
    PARAMETER,
    TOKEN_TABLES,
    live_token,
    proven_client,
)
from applications.models.statements.running import fetch_row, time_of
from applications.rules.networks import Address

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


def issue(
    *, key: str, hint: str, scope: str, moment: str, address: str, day: str, week: str, source: str
) -> str:
    """Return the statement that stores tokens; `source` is the FROM and WHERE that find who they are for.

    INSERT … SELECT, so that what the token is made of (the application's generation, scopes and lifetime) and what
    it is made for (a secret that works, an enabled application) are read under one snapshot with the
    write. It takes no lock: with FOR SHARE, PostgreSQL would re-read the row after a concurrent "revoke
    all" and insert a token of the new generation, for a secret checked under the old one.
    """
    return f"""
INSERT INTO applications_accesstoken
    (key, hint, application_id, generation, scope, issued_at, issued_ip, expires_at)
SELECT {key}, {hint}, client.id, client.generation, {scope}, {moment}, {address},
    CASE client.lifetime WHEN '1 day' THEN {day} WHEN '1 week' THEN {week} END
{source}
RETURNING application_id, scope, expires_at, key
"""


def holds(name: str = PARAMETER) -> str:
    """Return the condition that the `client` holds a scope; `name` is its name between two spaces."""
    # Case matters in scopes, and SQLite's LIKE does not see it; replace() is exact on both.
    return f"replace(' ' || client.scope || ' ', {name}, '') <> ' ' || client.scope || ' '"


ONE = dict.fromkeys(("key", "hint", "moment", "address", "day", "week"), PARAMETER)
FOR_ONE = f"FROM {CLIENT_TABLES} WHERE {proven_client()}"
ISSUE_ALL = issue(**ONE, scope="client.scope", source=FOR_ONE)

# What is read of a live token, its client and the client's account (`owner`), in the order of FoundToken's fields.
TOKEN_COLUMNS = """token.id, token.generation, token.scope, token.issued_at, token.expires_at, token.last_used_at,
    client.id, client.application_id, client.account_id, client.name, client.grants, client.allowlist,
    client.last_used_at, owner.name, owner.timezone"""
FIND_TOKEN = f"SELECT {TOKEN_COLUMNS} FROM {TOKEN_TABLES} WHERE {live_token()}"

TIMES = frozenset({"issued_at", "expires_at", "last_used_at", "application_last_used_at"})


class NewToken(NamedTuple):
    """A token to be stored for the application of this ID and secret; `scopes` None means all that it has."""

    key: uuid.UUID
    hint: str
    client_id: str
    secret_digest: bytes
    scopes: tuple[str, ...] | None
    allowlist: str
    address: Address


class Inserted(NamedTuple):
    """What a token was issued for; `seconds` is its lifetime, None for one that never expires."""

    application_pk: int
    scope: str
    seconds: int | None


class FoundToken(NamedTuple):
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


COLUMNS = FoundToken._fields  # in the order of TOKEN_COLUMNS
TIME = COLUMNS.index("issued_at")


def insert_token(token: NewToken, moment: datetime) -> Inserted | None:
    """Store a token that is issued at `moment`, an aware time; None when anything is not as asked."""
    made: list[Any] = [moment, token.address, moment + DAY, moment + WEEK]
    conditions: list[Any] = [token.client_id, token.secret_digest, moment, token.allowlist]
    if token.scopes is None:
        statement, parameters = ISSUE_ALL, [token.key, token.hint, *made, *conditions]
    else:
        source = " AND ".join([FOR_ONE, *[holds()] * len(token.scopes)])
        statement = issue(**ONE, scope=PARAMETER, source=source)
        named = [f" {name} " for name in token.scopes]
        parameters = [token.key, token.hint, " ".join(token.scopes), *made, *conditions, *named]
    row = fetch_row(statement, parameters)
    return None if row is None else inserted_token(row, moment)


def inserted_token(row: Sequence[Any], moment: datetime) -> Inserted:
    """Return what a row that `issue` returned says of a token issued at `moment`."""
    expires_at = time_of(row[2])
    return Inserted(row[0], row[1], round((expires_at - moment).total_seconds()) if expires_at else None)


def find_token(key: uuid.UUID, moment: datetime) -> FoundToken | None:
    """Return the live token of this key, or None: unknown, expired, revoked and disabled look the same."""
    row = fetch_row(FIND_TOKEN, [key, moment])
    if row is None:
        return None
    return found_token(row)


def found_token(row: Sequence[Any]) -> FoundToken:
    """Return the token of a row of TOKEN_COLUMNS."""
    if getattr(row[TIME], "tzinfo", None) is not None:  # PostgreSQL gives times as they are
        return FoundToken._make(row)
    return FoundToken._make(
        time_of(value) if name in TIMES else value for name, value in zip(COLUMNS, row, strict=True)
    )
