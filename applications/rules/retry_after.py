"""The Retry-After header of an answer (RFC 9110 section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 86_400  # seconds; who asks for more is asked again after a day


def parse_retry_after(text: str | None, moment: datetime) -> int | None:
    """Return the seconds from `moment` on that a Retry-After header asks for, 0 to a day; None for what is no time."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:20]), LONGEST)
    try:
        asked = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year or a zone that no clock has
        return None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return max(0, min(round((asked - moment).total_seconds()), LONGEST))
