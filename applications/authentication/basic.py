"""HTTP Basic as OAuth clients send it (RFC 6749 section 2.3.1, RFC 7617)."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_basic(header: str) -> tuple[str, str]:
    """Return the ID and secret of an Authorization header, each form-decoded.

    Raises ValueError for another scheme, base64 that is not strict, no colon, broken percent
    escapes, or bytes that are not UTF-8.
    """
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise ValueError("another scheme")
    try:
        pair = base64.b64decode(encoded.strip(" ").encode("ascii"), validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise ValueError("not base64 of UTF-8") from None
    client_id, colon, secret = pair.partition(":")
    if not colon:
        raise ValueError("no colon")
    return _form_decoded(client_id), _form_decoded(secret)


def _form_decoded(half: str) -> str:
    if "%" not in half and "+" not in half:  # as all IDs and secrets of this server are
        return half
    if PERCENT.search(half):
        raise ValueError("a broken percent escape")
    return unquote_to_bytes(half.replace("+", " ")).decode()
