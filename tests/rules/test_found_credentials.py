"""What is read as a credential in a text that somebody found."""

import base64
import re
import time

import pytest

from applications.rules.credentials import digest, new_credential
from applications.rules.found_credentials import (
    KEY_PATTERN,
    PATTERN,
    SECRET_PATTERN,
    FoundValue,
    found_values,
)

SECRET = "8c41d7e9a05b36f2c84e1d70b95a3f62e4c80d17"
ID = "3f9a1c5e7b2d4860a1c3e5f70918273645f0e1d2"
PAIR = f"{ID}:{SECRET}"
FOUND = FoundValue(digest(SECRET), "0d17")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"  {SECRET}\r\n",
        PAIR,
        PAIR.replace(":", "%3A"),
        encoded(PAIR),
        encoded(PAIR).rstrip("="),
        encoded(SECRET),
        encoded(SECRET + "\n"),
        f"Authorization: Basic {encoded(PAIR)}",
        f"Bearer {SECRET}",
        f"authorization: bearer {SECRET}",
        f"X-API-KEY: {SECRET}",
        f"curl -H 'X-API-KEY:{SECRET}' https://sms.example/groups",
        f"LATCHKEY_SECRET={SECRET}",
        f'{{"client_id": "{ID}", "client_secret": "{SECRET}"}}',
        f"client_id={ID}&client_secret={SECRET}&grant_type=client_credentials",
        f"secret_{SECRET}_old",
        f"\x00{SECRET}\ud800",
    ],
)
def test_what_is_understood(text: str) -> None:
    assert FOUND in found_values([text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET[:-1],
        SECRET + "a",
        SECRET.upper(),
        f"x{SECRET}",
        "g" * 40,
        encoded(f"{ID}:{SECRET}:{ID}"),
        encoded(f"hello {SECRET}"),
        encoded("\xff" * 60),
        "A" * 60_000,
        "=" * 200,
        "%" * 200,
        "\u0660" * 40,
    ],
)
def test_what_is_passed_over(text: str) -> None:
    assert found_values([text]) == frozenset()


def test_each_value_once_and_never_the_value() -> None:
    found = found_values([SECRET, f"Bearer {SECRET}", encoded(PAIR), SECRET])
    assert found == {FOUND, FoundValue(digest(ID), "e1d2")}
    assert SECRET not in repr(found)


def test_the_largest_report_is_read_quickly() -> None:
    """64 KB of what looks most like a credential: no text makes the patterns slow."""
    hostile = ["a" * 39, "A+/" * 20_000, "a" * 60_000, "%41" * 20_000, (encoded(PAIR) + " ") * 500]
    started = time.perf_counter()
    for text in hostile:
        found_values([text])
    found_values([new_credential() for _number in range(1000)])
    assert time.perf_counter() - started < 2


def test_the_patterns_of_the_reference_find_what_stands_in_repositories() -> None:
    assert re.search(PATTERN, f"key = '{SECRET}'")
    assert not re.search(PATTERN, SECRET + "0")
    for text in (f"X-API-KEY: {SECRET}", f'"x-api-key": "{SECRET}"', f"-H X-Api-Key:{SECRET}"):
        assert re.search(KEY_PATTERN, text)
    for text in (f"LATCHKEY_SECRET={SECRET}", f'"client_secret": "{SECRET}"', f"LATCHKEY_API_KEY='{SECRET}'"):
        assert re.search(SECRET_PATTERN, text)
    assert not re.search(KEY_PATTERN, f"commit {SECRET}")
    assert not re.search(SECRET_PATTERN, f"LATCHKEY_ID={ID}")
