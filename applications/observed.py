"""What operators measure, gathered in memory until config/gathering.py takes it (docs/decisions/0039).

Any floor may add to it. An append to a deque cannot be torn by another thread and needs no lock. In a process whose
figures nobody takes, such as a command, the oldest fall out.
"""

from collections import deque
from enum import StrEnum
from typing import Final

MOST: Final = 20_000  # of each kind between two takings, which are a quarter of a second apart


class Event(StrEnum):
    """What is counted; the value is the metric's name, less `_total`."""

    TOKENS_ISSUED = "latchkey_tokens_issued"
    TOKENS_CHECKED = "latchkey_tokens_checked"
    REFUSALS = "latchkey_refusals"
    CACHE_ERRORS = "latchkey_cache_errors"
    USAGE_ROWS_LOST = "latchkey_usage_rows_lost"


events: deque[tuple[Event, str, int]] = deque(maxlen=MOST)
statements: deque[tuple[str, float]] = deque(maxlen=MOST)  # SQL, and the seconds until its rows were there


def count(event: Event, label: str = "", number: int = 1) -> None:
    """Count an event; `label` is the value of its one label, where config/metric_names.py gives it one."""
    events.append((event, label, number))


# --- Who asked, for the line that the log has of each request (config/request_lines.py) ------------------------------

# Keys of a request's environ (PEP 3333), which is `request.META`.
REQUEST_ID: Final = "latchkey.request_id"
PROVEN: Final = "latchkey.proven"  # (name of the field, ID) of whoever has proved who they are
CLAIMED: Final = (
    "latchkey.claimed"  # an ID of the right shape, not yet proved: only the answer tells that it was
)
