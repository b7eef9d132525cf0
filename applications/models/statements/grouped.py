"""The frequent statements for many requests at once, on PostgreSQL: one statement, and one commit, for all that wait.

Each is the statement for one request with columns of `asked` in place of its parameters. `asked` has a row for each
request, made of one array a column. Arrays are sent in PostgreSQL's binary form, so that no value is ever quoted.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Any
from uuid import UUID

from psycopg import pq
from psycopg.adapt import Transformer

from applications.models.statements.clients import (
    ClientAndToken,
    TokenQuestion,
    client_and_token,
    find_client_and_token_by,
)
from applications.models.statements.conditions import CLIENT_TABLES, TOKEN_TABLES, live_token, proven_client
from applications.models.statements.message_settings import (
    OF_CLIENT,
    SMS_SETTINGS,
    token_and_sms_settings,
)
from applications.models.statements.tokens import (
    DAY,
    TOKEN_COLUMNS,
    WEEK,
    Inserted,
    NewToken,
    found_token,
    holds,
    inserted_token,
    issue,
)

type Rows = Sequence[tuple[Any, ...]]
TIME, TEXTS, BYTES, UUIDS = 1184, 1009, 1001, 2951  # timestamptz, text[], bytea[], uuid[] in PostgreSQL
OF_ONE = {TEXTS: 25, BYTES: 17, UUIDS: 2950}  # the type of an array → that of its items
# It keeps what it has found out about types, which takes longer than to read a row. The event loop alone uses it.
READER = Transformer()
EPOCH = datetime.fromisoformat("2000-01-01T00:00:00Z")


@dataclass(frozen=True, eq=False)
class Grouped[Question, Found]:
    """A statement for many questions: its text, the types of its parameters, and how questions and rows are read.

    `columns` returns the values of one column a parameter, or a time. `found` returns, question by question, what the
    rows say, None where there is no row.
    """

    statement: str
    types: tuple[int, ...]
    columns: Callable[[Sequence[Question], datetime], list[Sequence[Any] | datetime]]
    found: Callable[[Sequence[Question], Rows, datetime], list[Found | None]]

    def parameters(self, questions: Sequence[Question], moment: datetime) -> list[bytes]:
        """Return the parameters as PostgreSQL takes them in binary form."""
        return list(starmap(_parameter, zip(self.types, self.columns(questions, moment), strict=True)))

    def read(
        self, questions: Sequence[Question], result: pq.abc.PGresult, moment: datetime
    ) -> list[Found | None]:
        """Return what a result in binary form says, question by question."""
        READER.set_pgresult(result)
        return self.found(questions, READER.load_rows(0, result.ntuples, tuple), moment)


def _parameter(kind: int, value: Any) -> bytes:
    if kind == TIME:
        return struct.pack("!q", round((value - EPOCH).total_seconds() * 1_000_000))
    items = [_item(item) for item in value]
    return struct.pack("!5i", 1, b"\xff\xff\xff\xff" in items, OF_ONE[kind], len(items), 1) + b"".join(items)


def _item(item: str | bytes | UUID | None) -> bytes:
    if item is None:
        return b"\xff\xff\xff\xff"
    value = item.encode() if isinstance(item, str) else item.bytes if isinstance(item, UUID) else item
    return struct.pack("!i", len(value)) + value


# --- Issuing tokens ------------------------------------------------------------------------------

WANTED = "SELECT ' ' || name || ' ' AS name FROM unnest(string_to_array(asked.scope, ' ')) AS name"
INSERT = issue(
    key="asked.key",
    hint="asked.hint",
    scope="COALESCE(asked.scope, client.scope)",
    moment="$1",
    address="asked.address::inet",
    day="$2",
    week="$3",
    source=f"""
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[], $10::text[])
    AS asked(key, hint, client_id, digest, scope, allowlist, address), {CLIENT_TABLES}
WHERE {proven_client("asked.client_id", "asked.digest", "$1", "asked.allowlist")}
    AND NOT EXISTS (SELECT FROM ({WANTED}) wanted WHERE NOT {holds("wanted.name")})
""",
)


def _columns_of_tokens(tokens: Sequence[NewToken], moment: datetime) -> list[Sequence[Any] | datetime]:
    keys, hints, client_ids, digests, scopes, allowlists, addresses = zip(*tokens, strict=True)
    asked = [None if names is None else " ".join(names) for names in scopes]
    places = list(map(str, addresses))
    return [moment, moment + DAY, moment + WEEK, keys, hints, client_ids, digests, asked, allowlists, places]


def _inserted(tokens: Sequence[NewToken], rows: Rows, moment: datetime) -> list[Inserted | None]:
    stored = {row[-1]: inserted_token(row, moment) for row in rows}
    return [stored.get(token.key) for token in tokens]


INSERT_TOKENS = Grouped(
    INSERT, (TIME, TIME, TIME, UUIDS, TEXTS, TEXTS, BYTES, TEXTS, TEXTS, TEXTS), _columns_of_tokens, _inserted
)

# --- Finding tokens ------------------------------------------------------------------------------


# LIMIT is there for the planner, since a key is one token's: each key is looked up by itself. A plan to read all tokens
# and compare them with the keys, which is cheaper while they are few, would be kept while they become millions.
def _find(columns: str, tables: str) -> str:
    return f"""
SELECT asked.key, found.* FROM unnest($2::uuid[]) AS asked(key) CROSS JOIN LATERAL (
    SELECT {columns} FROM {tables} WHERE {live_token("asked.key", "$1")} LIMIT 1
) found
"""


def _columns_of_keys(keys: Sequence[UUID], moment: datetime) -> list[Sequence[Any] | datetime]:
    return [moment, keys]


def _by_key[Found](
    read: Callable[[Sequence[Any]], Found],
) -> Callable[[Sequence[UUID], Rows, datetime], list[Found | None]]:
    def found(keys: Sequence[UUID], rows: Rows, _moment: datetime) -> list[Found | None]:
        stored = {row[0]: read(row[1:]) for row in rows}
        return [stored.get(key) for key in keys]

    return found


FIND_TOKENS = Grouped(
    _find(TOKEN_COLUMNS, TOKEN_TABLES), (TIME, UUIDS), _columns_of_keys, _by_key(found_token)
)
FIND_TOKENS_AND_SMS_SETTINGS = Grouped(
    _find(f"{TOKEN_COLUMNS}, {SMS_SETTINGS}", f"{TOKEN_TABLES} {OF_CLIENT}"),
    (TIME, UUIDS),
    _columns_of_keys,
    _by_key(token_and_sms_settings),
)

# --- Clients that ask about tokens ---------------------------------------------------------------

ASK = find_client_and_token_by(
    client_id="asked.client_id",
    digest="asked.digest",
    moment="$1",
    allowlist="asked.allowlist",
    key="asked.key",
    place="asked.place",
    of="""unnest($2::text[], $3::bytea[], $4::text[], $5::uuid[])
    WITH ORDINALITY AS asked(client_id, digest, allowlist, key, place) CROSS JOIN LATERAL""",
)


def _columns_of_questions(
    questions: Sequence[TokenQuestion], moment: datetime
) -> list[Sequence[Any] | datetime]:
    return [moment, *zip(*questions, strict=True)]


def _answered(
    questions: Sequence[TokenQuestion], rows: Rows, _moment: datetime
) -> list[ClientAndToken | None]:
    # By place and not by key: two may ask about one token, of whom only one has a right secret.
    answers = {row[0]: client_and_token(row) for row in rows}
    return [answers.get(place) for place in range(1, len(questions) + 1)]


FIND_CLIENTS_AND_TOKENS = Grouped(ASK, (TIME, TEXTS, BYTES, TEXTS, UUIDS), _columns_of_questions, _answered)
