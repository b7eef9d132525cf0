"""Credentials in texts that somebody found in a repository, a log or a chat."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from applications.rules.credentials import digest, hint, is_credential

# What the API reference tells people to search for. A value alone may be the name of a Git commit too.
PATTERN: Final = r"\b[0-9a-f]{40}\b"
KEY_PATTERN: Final = r"""[Xx]-[Aa][Pp][Ii]-[Kk][Ee][Yy]["': ]+[0-9a-f]{40}\b"""
SECRET_PATTERN: Final = r"""(client_secret|LATCHKEY_SECRET|LATCHKEY_API_KEY)["'=: ]+[0-9a-f]{40}\b"""
# As PATTERN, but also behind an underscore.
_VALUE: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])")
# Base64 of a secret alone has 56 characters, of `client_id:client_secret` 108.
_BASE64: Final = re.compile(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{54,}={0,2}")
_MOST_BASE64: Final = 4096  # characters of one such text that are decoded


@dataclass(frozen=True, slots=True)
class FoundValue:
    """What is kept of a value that may be a credential: never the value."""

    digest: bytes
    hint: str


def found_values(texts: Iterable[str]) -> frozenset[FoundValue]:
    """Return what may be a credential in these texts, each once.

    Understood are the bare value, `client_id:client_secret`, `Authorization: Bearer …` or `Basic …`, `X-API-KEY: …`, a
    line of a configuration, and base64 of a value or of such a pair. All else is passed over.
    """
    values = {value for text in texts for value in _values(text)}
    return frozenset(FoundValue(digest(value), hint(value)) for value in values)


def _values(text: str) -> Iterator[str]:
    yield from _VALUE.findall(text)
    if "%" in text:
        yield from _VALUE.findall(unquote(text))  # client_id%3Aclient_secret
    for encoded in _BASE64.findall(text):
        yield from _decoded(encoded[:_MOST_BASE64])


def _decoded(encoded: str) -> list[str]:
    try:
        bare = encoded.rstrip("=")
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("ascii").strip()
    except (binascii.Error, UnicodeDecodeError):
        return []
    parts = decoded.split(":")
    return parts if len(parts) <= 2 and all(map(is_credential, parts)) else []
