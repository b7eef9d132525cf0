"""Codes of authenticator apps (TOTP, RFC 6238, on HOTP, RFC 4226)."""

import base64
import hashlib
import hmac

PERIOD = 30  # seconds a code
DIGITS = 6


def code_of(secret: str, step: int) -> str:
    """Return the code of a time step (seconds since 1970 by PERIOD) for a seed in base32 (RFC 4226 section 5.3)."""
    key = base64.b32decode(secret, casefold=True)
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    value = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{value % 10**DIGITS:0{DIGITS}}"


def step_of(secret: str, code: str, *, moment: float, tolerance: int) -> int | None:
    """Return the time step that a code belongs to, of those up to `tolerance` before and after now; else None.

    `moment` is in seconds since 1970. Every step is compared, in constant time.
    """
    current, found = int(moment) // PERIOD, None
    for step in range(current - tolerance, current + tolerance + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode("utf-8", "replace")):
            found = step
    return found
