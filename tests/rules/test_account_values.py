"""Emails and time zones: what cannot be is no value, however it comes in."""

import pytest

from applications.errors import InvalidParam
from applications.rules.emails import EmailAddress
from applications.rules.time_zones import TimeZone, offered_time_zones


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        ("Dora@Marlowe.Example", "dora@marlowe.example"),
        ("a@MÜNCHEN.example", "a@münchen.example"),
        ("  o'neil+a@x.example ", "o'neil+a@x.example"),
    ],
)
def test_an_email_is_in_lower_case(typed: str, email: str) -> None:
    assert EmailAddress(typed) == email


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "dora",
        "dora@",
        "a@x.example, b@x.example",
        "a@x.example\nBcc: b@x.example",
        "a@evil\u202e.example",
        "a@x\u2066y.example",
        f"{'a' * 250}@x.example",
    ],
)
def test_another_text_is_no_email(typed: str) -> None:
    with pytest.raises(InvalidParam) as refused:
        EmailAddress(typed)
    assert refused.value.param == "email"


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Warsaw", "Europe/Warsaw"),
        (" europe/warsaw ", "Europe/Warsaw"),
        ("warsaw", "Europe/Warsaw"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_a_time_zone_may_be_typed_as_people_do(typed: str, zone: str) -> None:
    assert TimeZone(typed) == zone


@pytest.mark.parametrize("typed", ["", "Mars/Base", "../etc/passwd", "Europe", "CEST", "Europe/Warsaw\x00"])
def test_another_text_is_no_time_zone(typed: str) -> None:
    with pytest.raises(InvalidParam):
        TimeZone(typed)


def test_every_zone_offered_is_one() -> None:
    assert len(offered_time_zones()) > 300
    assert offered_time_zones()[0] == "UTC"
    assert all(TimeZone(name) == name for name in offered_time_zones())
