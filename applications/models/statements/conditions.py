"""When a credential is accepted, told once in SQL; tests/models/test_conditions.py holds it against the querysets.

Each condition names the tables as it joins them. Its values are parameters, in the order of the arguments, unless the
caller names columns to compare with, as the statements for many requests at once do (grouped.py).
"""

PARAMETER = "%s"


def unexpired(table: str, moment: str = PARAMETER) -> str:
    """Return the condition that a row of `table` has not expired at `moment`."""
    return f"({table}.expires_at IS NULL OR {table}.expires_at > {moment})"


# A token with the `client` that it was issued to and the client's account (`owner`), to join or to select from.
TOKEN_TABLES = """applications_accesstoken token
    JOIN applications_application client ON client.id = token.application_id
    JOIN applications_account owner ON owner.id = client.account_id"""


def live_token(key: str = PARAMETER, moment: str = PARAMETER) -> str:
    """Return the condition that the `token` of TOKEN_TABLES has this key and is live."""
    return f"""token.key = {key} AND token.revoked_at IS NULL AND {unexpired("token", moment)}
    AND client.is_enabled AND token.generation >= client.live_generation"""


# An application with one of its secrets.
CLIENT_TABLES = """applications_application client
JOIN applications_applicationsecret secret ON secret.application_id = client.id"""


def proven_client(
    client_id: str = PARAMETER, digest: str = PARAMETER, moment: str = PARAMETER, allowlist: str = PARAMETER
) -> str:
    """Return the condition that an enabled `client` of CLIENT_TABLES has this ID and a working secret of this digest.

    `allowlist` is the list of allowed IPs that the caller has just checked the address against: if the lists have
    changed since, there is no row. The database compares SHA-256 digests: what their timing tells is about a digest
    that nobody can steer towards another.
    """
    return f"""client.application_id = {client_id} AND secret.digest = {digest}
    AND secret.stopped_at IS NULL AND {unexpired("secret", moment)}
    AND client.is_enabled AND client.allowlist = {allowlist}"""


# `token` and its `client`, which may be gone: a LEFT JOIN. No change can make such a token good again. Parameters: the
# moment by which it had expired or was revoked, twice.
DEAD_TOKEN = """(token.expires_at <= %s OR token.revoked_at <= %s
    OR client.id IS NULL OR token.generation < client.live_generation)"""

# `credential`, an API key. Parameters: its digest, the moment.
LIVE_API_KEY = f"""credential.digest = %s AND credential.revoked_at IS NULL
    AND {unexpired("credential")}"""
