"""The `scope` parameter and what a token's scope is worth (RFC 6749 section 3.3)."""

import re
from functools import lru_cache

MAX_NAMES = 64  # names in one request: the platform has 15, and each name makes the SQL statement longer
# RFC 6749 section 3.3 also has , ; | and + in a scope-token. No scope of the platform does, and clients write them
# between scopes.
TOKEN = re.compile(r"[\x21\x23-\x2A\x2D-\x3A\x3C-\x5B\x5D-\x7B\x7D\x7E]+")


def parse_scope(text: str) -> tuple[str, ...]:
    """Return the scope tokens of `text`, each once, in their order.

    Split on the space character only (security.md 10). Raises ValueError on any other separator, white space,
    control character, quote or backslash; on spaces alone (RFC 6749 section 3.3 has at least one scope-token); and
    on more than MAX_NAMES. An empty text is no scope.
    """
    words = tuple(dict.fromkeys(word for word in text.split(" ") if word))
    if text and not words:
        raise ValueError("spaces alone")
    if len(words) > MAX_NAMES:
        raise ValueError("more scopes than there are")
    if not all(TOKEN.fullmatch(word) for word in words):
        raise ValueError("a character that no scope has")
    return words


def write_grants(since: dict[str, int]) -> str:
    """Return the text of an application's grants: `sms:0 groups:3`, names with their generation."""
    return " ".join(f"{name}:{generation}" for name, generation in since.items())


@lru_cache(maxsize=4096)  # tokens come again and again, and nothing but the arguments decides
def effective(token_scope: str, token_generation: int, grants: str) -> tuple[str, ...]:
    """Return what a token may use now: its scopes that the application still holds without a break.

    A scope that was taken away and granted again has a later generation, so an older token,
    which lost it, does not get it back.
    """
    since = dict(grant.rsplit(":", 1) for grant in grants.split())
    return tuple(
        name for name in token_scope.split() if name in since and int(since[name]) <= token_generation
    )
