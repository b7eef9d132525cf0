"""What any stranger can make this server say is in the log once a minute, short, and a few times at most."""

import logging

import pytest

from config.logging import OncePerMinute, redacted


class Clock:
    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(OncePerMinute, "clock", clock)
    return clock


def record(message: str, *arguments: object) -> logging.LogRecord:
    try:
        raise ValueError("inner")
    except ValueError as error:
        failed = (ValueError, error, error.__traceback__)
    return logging.LogRecord("latchkey", logging.WARNING, __file__, 1, message, arguments, failed)


def test_the_same_is_said_once_a_minute(clock: Clock) -> None:
    once = OncePerMinute()
    assert [once.filter(record("Invalid host")) for _time in range(3)] == [True, False, False]
    clock.now += 59
    assert not once.filter(record("Invalid host"))
    clock.now += 1
    assert once.filter(record("Invalid host"))


def test_the_same_with_other_arguments_is_another(clock: Clock) -> None:
    once = OncePerMinute()
    said = [once.filter(record("Invalid host: %s", host)) for host in ("a", "b", "a")]
    assert said == [True, True, False]


def test_ever_new_words_are_said_a_few_times(clock: Clock) -> None:
    once = OncePerMinute(most=3)
    assert [once.filter(record(f"host {number}")) for number in range(5)] == [True, True, True, False, False]
    clock.now += 60
    assert once.filter(record("host 9"))


def test_a_record_is_shortened_and_has_no_traceback(clock: Clock) -> None:
    said = record("%s", "x" * 1000)
    assert OncePerMinute(letters=10).filter(said)
    assert (said.getMessage(), said.exc_info) == ("x" * 10, None)


def test_words_that_differ_after_the_cut_are_the_same(clock: Clock) -> None:
    once = OncePerMinute(letters=5)
    assert [once.filter(record(text)) for text in ("hello you", "hello me")] == [True, False]


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("authorization: basic YTpi", "authorization: basic …"),
        ("Bearer%20abc", "Bearer%20…"),
        ("password=hunter2&next=/", "password=…&next=/"),
        ("'client_secret': 'x y'", "'client_secret': …'"),
        ("postgres://latchkey:pw@db/latchkey", "postgres://…@db/latchkey"),
        (f"key {'a' * 32}", "key …"),
    ],
)
def test_what_stands_before_a_credential_stays_so_that_the_line_can_be_understood(
    line: str, written: str
) -> None:
    assert redacted(line) == written
