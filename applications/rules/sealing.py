"""Encryption of what lies in the database and must be read again: seeds of second factors, signing secrets, sessions.

Fernet: AES-128-CBC with HMAC-SHA-256, so that what was changed or belongs to another key is refused. The first key
encrypts; all of them decrypt, so that a new one can be put before the old one.
"""

import base64
from collections.abc import Iterable
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY = 32  # bytes


class CannotUnseal(ValueError):
    """None of the keys decrypts the text, or the text was changed."""


def seal(text: str, *, keys: Iterable[str], purpose: str) -> str:
    """Encrypt a text with the first of `keys`, each a secret of any form, of 32 characters or more.

    What was sealed for one `purpose` cannot be unsealed for another.
    """
    return _cipher(tuple(keys), purpose).encrypt(text.encode("utf-8", "surrogatepass")).decode()


def unseal(sealed: str, *, keys: Iterable[str], purpose: str) -> str:
    """Decrypt what `seal` made, with whichever of the keys fits. Raises CannotUnseal."""
    try:
        return _cipher(tuple(keys), purpose).decrypt(sealed.encode()).decode("utf-8", "surrogatepass")
    except InvalidToken:
        raise CannotUnseal(f"{purpose}: none of the keys of the settings (ENCRYPTION_KEYS) fits") from None


@lru_cache(maxsize=16)
def _cipher(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    """Return the key for one purpose, derived with HKDF (RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=KEY, salt=None, info=purpose.encode())
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
