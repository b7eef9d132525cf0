"""When a credential is accepted, told once in SQL; tests/models/test_conditions.py holds it against the querysets.

Each condition names the tables as it joins them, and takes its parameters in the order that it says.
"""

UNEXPIRED = "({table}.expires_at IS NULL OR {table}.expires_at > %s)"

# `token` and the `client` that it was issued to. Parameters: the token's key, the moment.
LIVE_TOKEN = f"""token.key = %s AND token.revoked_at IS NULL
    AND {UNEXPIRED.format(table="token")}
    AND client.is_enabled AND token.generation >= client.live_generation"""

# `token` and its `client`, which may be gone: a LEFT JOIN. No change can make such a token good again. Parameters: the
# moment by which it had expired or was revoked, twice.
DEAD_TOKEN = """(token.expires_at <= %s OR token.revoked_at <= %s
    OR client.id IS NULL OR token.generation < client.live_generation)"""

# An application's ID and one of its secrets, while it is enabled. Parameters: the ID, the secret's digest, the moment,
# the list of allowed IPs that the caller has just checked the address against: if the lists have changed since, there
# is no row. The database compares SHA-256 digests: what their timing tells is about a digest that nobody can steer
# towards another.
PROVEN_CLIENT = f"""FROM applications_application client
JOIN applications_applicationsecret secret ON secret.application_id = client.id
WHERE client.application_id = %s AND secret.digest = %s
    AND {UNEXPIRED.format(table="secret")}
    AND client.is_enabled AND client.allowlist = %s"""

# `credential`, an API key. Parameters: its digest, the moment.
LIVE_API_KEY = f"""credential.digest = %s AND credential.revoked_at IS NULL
    AND {UNEXPIRED.format(table="credential")}"""
