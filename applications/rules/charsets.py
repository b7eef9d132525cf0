"""Names of the one character set that is read."""

UTF_8 = frozenset({"", "utf-8", "utf8"})


def is_utf_8(charset: str) -> bool:
    """Whether the `charset` of a media type means UTF-8: in any case, `utf8` too; an empty one counts as absent."""
    return charset.strip(" '\"").lower().replace("_", "-") in UTF_8
