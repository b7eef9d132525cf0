"""The statements of the hot paths: issuing a token and asking about one. One round trip each.

The only raw SQL of the project, the same text on PostgreSQL and SQLite. Why each is as it is stands beside
it; docs/decisions/0004 has the measurements. How they are run is in statements.py.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from applications.models.message_settings import MessageSettings
from applications.models.statements import fetch, fetch_row
from applications.rules.credentials import token_key
from applications.rules.networks import Address
from applications.rules.previews import Treatment
from applications.rules.quiet_hours import parse_quiet_hours
from applications.rules.transliteration import Alphabet

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
ISSUE_ALL = ISSUE.format(scope="client.scope", holds="")

FIND = """
SELECT token.id, token.generation, token.scope, token.issued_at, token.expires_at, token.last_used_at,
    client.id, client.application_id, client.account_id, client.name, client.grants, client.fence,
    client.last_used_at, owner.name, owner.timezone {more}
FROM applications_accesstoken token
JOIN applications_application client ON client.id = token.application_id
JOIN applications_account owner ON owner.id = client.account_id {joined}
WHERE token.key = %s AND token.revoked_at IS NULL
    AND (token.expires_at IS NULL OR token.expires_at > %s)
    AND client.is_enabled AND token.generation >= client.live_generation
"""
FIND_TOKEN = FIND.format(more="", joined="")

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
    account_name: str
    account_timezone: str


COLUMNS = tuple(field.name for field in fields(Found))  # in the order of FIND


def insert_token(
    *,
    key: uuid.UUID,
    hint: str,
    application_id: str,
    secret_digest: bytes,
    scopes: tuple[str, ...] | None,
    fence: str,
    address: Address,
    moment: datetime,
) -> Inserted | None:
    """Store a token for the application of this ID and secret; None when anything is not as asked.

    `scopes` None means all scopes of the application. Times are aware; `moment` is the time of issue.
    """
    made: list[Any] = [moment, address, moment + DAY, moment + WEEK]
    asked: list[Any] = [application_id, secret_digest, moment, fence]
    if scopes is None:
        statement, parameters = ISSUE_ALL, [key, hint, *made, *asked]
    else:
        statement = ISSUE.format(scope="%s", holds=HOLDS * len(scopes))
        parameters = [key, hint, " ".join(scopes), *made, *asked, *(f" {name} " for name in scopes)]
    row = fetch_row(statement, parameters)
    if row is None:
        return None
    expires_at = _time_out(row[2])
    seconds = round((expires_at - moment).total_seconds()) if expires_at else None
    return Inserted(row[0], row[1], seconds)


def find_token(key: uuid.UUID, moment: datetime) -> Found | None:
    """Return the live token of this key, or None: unknown, expired, revoked and disabled look the same."""
    row = fetch_row(FIND_TOKEN, [key, moment])
    if row is None:
        return None
    return _found(row)


def _found(row: tuple[Any, ...]) -> Found:
    columns: list[Any] = [
        _time_out(value) if name in TIMES else value for name, value in zip(COLUMNS, row, strict=True)
    ]
    return Found(*columns)


def _time_out(value: Any) -> datetime | None:
    # SQLite keeps times as text in UTC, which its driver knows for columns but not for expressions.
    parsed = parse_datetime(value) if isinstance(value, str) else value
    return parsed.replace(tzinfo=UTC) if parsed is not None and parsed.tzinfo is None else parsed


# Who asks and what about, at once: a client of either kind that proves itself is one row, with the token beside it
# if it is live and theirs to see, else with nothing; a client that does not is no row at all. A resource server gets
# the settings of the token's application with it, which it asks for before each message.
SETTINGS = MessageSettings._meta.concrete_fields
ASK = f"""
SELECT caller.application_pk, caller.account_pk, caller.server_pk, token.id, token.generation, token.scope,
    token.issued_at, token.expires_at, token.last_used_at, owner.id, owner.application_id, owner.account_id,
    owner.name, owner.grants, owner.fence, owner.last_used_at, account.name, account.timezone,
    {", ".join(f"settings.{field.column}" for field in SETTINGS)}
FROM (
    SELECT client.id AS application_pk, client.account_id AS account_pk, NULL AS server_pk
    FROM applications_application client
    JOIN applications_applicationsecret secret ON secret.application_id = client.id
    WHERE client.application_id = %s AND secret.digest = %s
        AND (secret.expires_at IS NULL OR secret.expires_at > %s)
        AND client.is_enabled AND client.fence = %s
    UNION ALL
    SELECT NULL, NULL, server.id FROM applications_resourceserver server
    WHERE server.server_id = %s AND server.digest = %s
) caller
LEFT JOIN (
    applications_accesstoken token JOIN applications_application owner ON owner.id = token.application_id
    JOIN applications_account account ON account.id = owner.account_id
) ON token.key = %s AND token.revoked_at IS NULL
    AND (token.expires_at IS NULL OR token.expires_at > %s)
    AND owner.is_enabled AND token.generation >= owner.live_generation
    AND (caller.account_pk IS NULL OR owner.account_id = caller.account_pk)
LEFT JOIN applications_messagesettings settings
    ON settings.application_id = owner.id AND caller.server_pk IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, an application (with its account) or a resource server, and the live token they may see, if any.

    `settings`, for a resource server alone: None where nobody has changed any from the defaults.
    """

    application_pk: int | None
    account_pk: int | None
    server_pk: int | None
    found: Found | None
    settings: MessageSettings | None


def ask(*, client_id: str, secret_digest: bytes, fence: str, token: str, moment: datetime) -> Asked | None:
    """Return who has this ID and secret, with the live token of this value; None when nobody may ask.

    An application may only with the fence it has at this moment. Unknown, expired, revoked, disabled and
    another account's tokens look the same.
    """
    client: list[Any] = [client_id, secret_digest]
    row = fetch_row(ASK, [*client, moment, fence, *client, token_key(token), moment])
    if row is None:
        return None
    application_pk, account_pk, server_pk, *rest = row
    columns, settings = rest[: len(COLUMNS)], rest[len(COLUMNS) :]
    found = _found(tuple(columns)) if columns[0] is not None else None
    return Asked(application_pk, account_pk, server_pk, found, _settings(settings))


def _settings(columns: list[Any]) -> MessageSettings | None:
    if columns[0] is None:
        return None
    # SQLite has no booleans, which the fields make of its numbers.
    values = [field.to_python(value) for field, value in zip(SETTINGS, columns, strict=True)]
    return MessageSettings.from_db("default", [field.attname for field in SETTINGS], values)


# Asked once a client was refused, to find out why. For a client ID that nobody has, the secrets of the first
# application are read and put aside: else the time of a refusal would tell that the ID exists (bench/timing.py).
SECRETS = """
SELECT client.application_id, secret.digest, secret.hint, secret.expires_at, client.id, client.is_enabled,
    client.fence, client.scope
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
    application_pk: int
    is_enabled: bool
    fence: str
    scope: str


NOBODY = 0  # in place of an application
# Of a client ID that nobody has. No text is known that has this SHA-256, and the application is not enabled.
NO_SECRET = StoredSecret(bytes(32), "", None, NOBODY, False, "", "")


def find_secrets(client_id: str) -> list[StoredSecret]:
    """Return every secret of the application of this ID; for an unknown ID NO_SECRET, after the same work."""
    rows = [
        (application_id, StoredSecret(bytes(digest), hint, _time_out(expires_at), *rest))
        for application_id, digest, hint, expires_at, *rest in fetch(SECRETS, [client_id])
    ]
    return [secret for application_id, secret in rows if application_id == client_id] or [NO_SECRET]


# A row for each scope of the catalogue, so that a key for all scopes has those of this moment, and none has one that
# was retired. Their few names cost less than a second question would.
FIND_KEY = """
SELECT credential.id, credential.name, credential.hint, credential.account_id, credential.scope,
    credential.expires_at, credential.last_used_at, owner.fence, owner.name, owner.timezone, catalogue.name
FROM applications_apikey credential
JOIN applications_account owner ON owner.id = credential.account_id
LEFT JOIN applications_scope catalogue ON catalogue.retired_at IS NULL
WHERE credential.digest = %s AND credential.revoked_at IS NULL
    AND (credential.expires_at IS NULL OR credential.expires_at > %s)
ORDER BY catalogue.position, catalogue.name
"""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A live API key, as stored; `scopes` are those it has at this moment, the address is not judged yet."""

    pk: int
    name: str
    hint: str
    account_pk: int
    scopes: tuple[str, ...]
    expires_at: datetime | None
    last_used_at: datetime | None
    fence: str
    account_name: str
    account_timezone: str


def find_api_key(key_digest: bytes, moment: datetime) -> FoundKey | None:
    """Return the live API key of this digest, or None: unknown, expired and revoked look the same."""
    rows = fetch(FIND_KEY, [key_digest, moment])
    if not rows:
        return None
    pk, name, hint, account_pk, scope, expires_at, last_used_at, fence, account_name, timezone, _first = rows[
        0
    ]
    available = [row[-1] for row in rows if row[-1] is not None]
    made_for = set(scope.split()) or set(available)
    return FoundKey(
        pk=pk,
        name=name,
        hint=hint,
        account_pk=account_pk,
        scopes=tuple(word for word in available if word in made_for),
        expires_at=_time_out(expires_at),
        last_used_at=_time_out(last_used_at),
        fence=fence,
        account_name=account_name,
        account_timezone=timezone,
    )


# The settings of one application and the time zone of its account: a preview is asked for before each message, so
# they come with the token in one round trip.
TREATMENT = """settings.sms_sender, settings.sms_alphabet, settings.sms_remove_emojis,
    settings.sms_quiet_start, settings.sms_quiet_stop, owner.timezone"""
OF_CLIENT = "LEFT JOIN applications_messagesettings settings ON settings.application_id = client.id"
FIND_TREATMENT = f"""
SELECT {TREATMENT} FROM applications_application client
JOIN applications_account owner ON owner.id = client.account_id {OF_CLIENT}
WHERE client.application_id = %s
"""
FIND_TOKEN_AND_TREATMENT = FIND.format(more=f", {TREATMENT}", joined=OF_CLIENT)


@dataclass(frozen=True, slots=True)
class FoundTreatment:
    """What an application does to an SMS, and the name of its account's time zone."""

    treatment: Treatment
    timezone: str


def find_treatment(application_id: str) -> FoundTreatment | None:
    """Return how the application of this ID treats an SMS; None when there is no such application."""
    row = fetch_row(FIND_TREATMENT, [application_id])
    return None if row is None else _treatment(row)


def find_token_and_treatment(key: uuid.UUID, moment: datetime) -> tuple[Found, FoundTreatment] | None:
    """Return what `find_token` returns, with how the token's application treats an SMS."""
    row = fetch_row(FIND_TOKEN_AND_TREATMENT, [key, moment])
    if row is None:
        return None
    return _found(row[: len(COLUMNS)]), _treatment(row[len(COLUMNS) :])


def _treatment(row: tuple[Any, ...]) -> FoundTreatment:
    sender, alphabet, remove_emojis, start, stop, timezone = row
    if alphabet is None:  # nobody has changed a setting yet
        return FoundTreatment(Treatment(), timezone)
    quiet = parse_quiet_hours(start, stop)
    return FoundTreatment(Treatment(sender, Alphabet(alphabet), bool(remove_emojis), quiet), timezone)
