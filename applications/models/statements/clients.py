"""Clients that prove who they are: what they ask about in the same statement, and why one was refused."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from applications.models.message_settings import MessageSettings
from applications.models.statements.conditions import (
    CLIENT_TABLES,
    PARAMETER,
    TOKEN_TABLES,
    live_token,
    proven_client,
)
from applications.models.statements.running import fetch, fetch_row, time_of
from applications.models.statements.tokens import COLUMNS, TOKEN_COLUMNS, FoundToken, found_token

# Who asks and what about, at once: a client of either kind that proves itself is one row, with the token beside it
# if it is live and theirs to see, else with nothing; a client that does not is no row at all. A resource server gets
# the settings of the token's application with it, which it asks for before each message.
SETTINGS = MessageSettings._meta.concrete_fields


def find_client_and_token_by(
    *, client_id: str, digest: str, moment: str, allowlist: str, key: str, place: str = "1", of: str = ""
) -> str:
    """Return the statement; where the values are not parameters, `of` is what they are columns of, to join with.

    `place` is the first column of the answer, and says which of several questions it answers.
    """
    proven = proven_client(client_id, digest, moment, allowlist)
    return f"""
SELECT {place}, proven.application_pk, proven.account_pk, proven.server_pk, {TOKEN_COLUMNS},
    {", ".join(f"settings.{field.column}" for field in SETTINGS)}
FROM {of} (
    SELECT client.id AS application_pk, client.account_id AS account_pk, NULL AS server_pk
    FROM {CLIENT_TABLES} WHERE {proven}
    UNION ALL
    SELECT NULL, NULL, server.id FROM applications_resourceserver server
    WHERE server.server_id = {client_id} AND server.digest = {digest}
) proven
LEFT JOIN ({TOKEN_TABLES}) ON {live_token(key, moment)}
    AND (proven.account_pk IS NULL OR client.account_id = proven.account_pk)
LEFT JOIN applications_messagesettings settings
    ON settings.application_id = client.id AND proven.server_pk IS NOT NULL
"""


FIND_CLIENT_AND_TOKEN = find_client_and_token_by(
    **dict.fromkeys(("client_id", "digest", "moment", "allowlist", "key"), PARAMETER)
)


class TokenQuestion(NamedTuple):
    """What a client asks about the token of this key; `allowlist` as `proven_client` takes it."""

    client_id: str
    secret_digest: bytes
    allowlist: str
    key: uuid.UUID


@dataclass(frozen=True, slots=True)
class ClientAndToken:
    """Who asks, an application (with its account) or a resource server, and the live token they may see, if any.

    `settings`, for a resource server alone: None where nobody has changed any from the defaults.
    """

    application_pk: int | None
    account_pk: int | None
    server_pk: int | None
    found: FoundToken | None
    settings: MessageSettings | None


def find_client_and_token(question: TokenQuestion, moment: datetime) -> ClientAndToken | None:
    """Return who asks, with the live token that they ask about; None when nobody may ask.

    An application may only with the allowlist it has at this moment. Unknown, expired, revoked, disabled and
    another account's tokens look the same.
    """
    client_id, secret_digest, allowlist, key = question
    client: list[Any] = [client_id, secret_digest]
    row = fetch_row(FIND_CLIENT_AND_TOKEN, [*client, moment, allowlist, *client, key, moment])
    return None if row is None else client_and_token(row)


def client_and_token(row: Sequence[Any]) -> ClientAndToken:
    """Return who asks and what they may see, of a row of `find_client_and_token_by`."""
    _place, application_pk, account_pk, server_pk, *rest = row
    columns, settings = rest[: len(COLUMNS)], rest[len(COLUMNS) :]
    found = found_token(columns) if columns[0] is not None else None
    return ClientAndToken(application_pk, account_pk, server_pk, found, _settings(settings))


def _settings(columns: list[Any]) -> MessageSettings | None:
    if columns[0] is None:
        return None
    # SQLite has no booleans, which the fields make of its numbers.
    values = [field.to_python(value) for field, value in zip(SETTINGS, columns, strict=True)]
    return MessageSettings.from_db("default", [field.attname for field in SETTINGS], values)


# ClientAndToken once a client was refused, to find out why. For a client ID that nobody has, the secrets of the first
# application are read and put aside: else the time of a refusal would tell that the ID exists (bench/timing.py).
SECRETS = """
SELECT client.application_id, secret.digest, secret.hint, secret.expires_at, secret.stopped_at, client.id,
    client.is_enabled, client.allowlist, client.scope
FROM applications_application client
JOIN applications_applicationsecret secret ON secret.application_id = client.id
WHERE client.id = COALESCE(
    (SELECT id FROM applications_application WHERE application_id = %s),
    (SELECT id FROM applications_application ORDER BY id LIMIT 1)
)
"""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One secret, and what is stored of the application whose it is."""

    digest: bytes
    hint: str
    expires_at: datetime | None
    stopped_at: datetime | None
    application_pk: int
    is_enabled: bool
    allowlist: str
    scope: str


NOBODY = 0  # in place of an application
# Of a client ID that nobody has. No text is known that has this SHA-256, and the application is not enabled.
NO_SECRET = StoredSecret(bytes(32), "", None, None, NOBODY, False, "", "")


def find_secrets(client_id: str) -> list[StoredSecret]:
    """Return every secret of the application of this ID; for an unknown ID NO_SECRET, after the same work."""
    rows = [
        (application_id, StoredSecret(bytes(digest), hint, time_of(expires_at), time_of(stopped_at), *rest))
        for application_id, digest, hint, expires_at, stopped_at, *rest in fetch(SECRETS, [client_id])
    ]
    return [secret for application_id, secret in rows if application_id == client_id] or [NO_SECRET]
