"""Names that people give to things."""

import re

LONGEST = 100  # characters, as the columns have
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_name(text: str) -> bool:
    """Whether `text`, which may be empty, fits as a name: on one line and not too long."""
    return len(text) <= LONGEST and not CONTROL.search(text)
