"""Application IDs, secrets, tokens and keys: how they are made, and what is kept of them."""

import hashlib
import re
import secrets
import uuid

VALUE = re.compile(r"[0-9a-f]{40}")


def new_credential() -> str:
    """Return 40 lowercase hexadecimal characters: 160 random bits."""
    return secrets.token_hex(20)


def is_credential(value: str) -> bool:
    """Whether `value` has the shape of an ID, secret, token or key."""
    return VALUE.fullmatch(value) is not None


def digest(value: str) -> bytes:
    """Return the SHA-256 of a secret or key, all that is stored of it.

    The values are random, 160 bits of them, so a slow hash would protect nothing and cost
    380 ms a token request (docs/decisions/0003).
    """
    return hashlib.sha256(value.encode()).digest()


def token_key(value: str) -> uuid.UUID:
    """Return the first 128 bits of a token's SHA-256: what is stored and looked up."""
    return token_key_of(digest(value))


def token_key_of(sha256: bytes) -> uuid.UUID:
    """Return what a token of this digest is stored under."""
    return uuid.UUID(bytes=sha256[:16])


def hint(value: str) -> str:
    """Return the last 4 characters, by which people tell secrets and tokens apart."""
    return value[-4:]
