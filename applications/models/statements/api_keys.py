"""Finding a live API key, with the scopes that it has at this moment."""

from dataclasses import dataclass
from datetime import datetime

from applications.models.statements.conditions import LIVE_API_KEY
from applications.models.statements.running import fetch, time_of

# A row for each scope of the catalogue, so that a key for all scopes has those of this moment, and none has one that
# was retired. Their few names cost less than a second question would.
FIND_KEY = f"""
SELECT credential.id, credential.name, credential.hint, credential.account_id, credential.scope,
    credential.expires_at, credential.last_used_at, owner.allowlist, owner.name, owner.timezone, catalogue.name
FROM applications_apikey credential
JOIN applications_account owner ON owner.id = credential.account_id
LEFT JOIN applications_scope catalogue ON catalogue.retired_at IS NULL
WHERE {LIVE_API_KEY}
ORDER BY catalogue.position, catalogue.name
"""


@dataclass(frozen=True, slots=True)
class FoundApiKey:
    """A live API key, as stored; `scopes` are those it has at this moment, the address is not judged yet."""

    pk: int
    name: str
    hint: str
    account_pk: int
    scopes: tuple[str, ...]
    expires_at: datetime | None
    last_used_at: datetime | None
    allowlist: str
    account_name: str
    account_timezone: str


def find_api_key(key_digest: bytes, moment: datetime) -> FoundApiKey | None:
    """Return the live API key of this digest, or None: unknown, expired and revoked look the same."""
    rows = fetch(FIND_KEY, [key_digest, moment])
    if not rows:
        return None
    pk, name, hint, account_pk, scope, expires_at, last_used_at, allowlist, account_name, timezone, _first = (
        rows[0]
    )
    available = [row[-1] for row in rows if row[-1] is not None]
    made_for = set(scope.split()) or set(available)
    return FoundApiKey(
        pk=pk,
        name=name,
        hint=hint,
        account_pk=account_pk,
        scopes=tuple(word for word in available if word in made_for),
        expires_at=time_of(expires_at),
        last_used_at=time_of(last_used_at),
        allowlist=allowlist,
        account_name=account_name,
        account_timezone=timezone,
    )
