"""When a receiver asks to be called again (RFC 9110 section 10.2.3)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.rules.retry_after import LONGEST, parse_retry_after

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        (str(LONGEST), LONGEST),
        ("86401", LONGEST),
        ("9" * 6000, LONGEST),
        ("-1", None),
        ("1.5", None),
        ("1, 2", None),
        ("٣", None),
        ("soon", None),
        ("Thu, 26 Nov 2026 12:00:30 GMT", 30),
        ("Thu, 26 Nov 2026 13:00:30 +0100", 30),
        ("Thursday, 26-Nov-26 12:01:00 GMT", 60),
        ("Thu Nov 26 12:01:00 2026", 60),
        ("Thu, 26 Nov 2026 11:59:00 GMT", 0),
        ("Fri, 26 Nov 2100 12:00:00 GMT", LONGEST),
        ("Thu, 26 Nov 99999999999 12:00:00 GMT", None),
        ("Thu, 99 Nov 2026 12:00:00 GMT", None),
    ],
)
def test_both_forms_and_nonsense(text: str | None, seconds: int | None) -> None:
    assert parse_retry_after(text, NOON) == seconds


@given(
    st.one_of(
        st.text(), st.from_regex(r"[A-Z][a-z]{2}, \d{1,12} Nov \d{1,12} \d{1,3}:\d{1,3}:\d{1,3} [+-]?\w{1,9}")
    )
)
def test_whatever_comes_is_a_time_to_wait_or_none(text: str) -> None:
    seconds = parse_retry_after(text, NOON)
    assert seconds is None or 0 <= seconds <= LONGEST
