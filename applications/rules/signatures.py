"""Signatures of webhooks, as Standard Webhooks 1.0.0 has them (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
RANDOM: Final = 32  # bytes of a secret; the standard asks for 24 to 64
VERSION: Final = "v1"  # HMAC-SHA-256


def new_signing_secret() -> str:
    """Return a secret as receivers configure it: "whsec_" and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(RANDOM)).decode()


def sign(*, signing_secrets: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature for each secret, in this order.

    `timestamp` is in seconds since 1970, as in `webhook-timestamp`. ValueError for an id with a full stop, which
    separates id, timestamp and body in what is signed.
    """
    if not webhook_id or "." in webhook_id:
        raise ValueError("the id of a webhook has one character or more, and no full stop")
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(f"{VERSION},{_hmac(secret, signed)}" for secret in signing_secrets)


def _hmac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
