"""A traceback is in the log once a minute for each kind; of every error there is a line that says what it was."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from config.logging import logging_to
from config.tracebacks import MOST_KINDS, TracebackOncePerMinute


class Clock:
    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(TracebackOncePerMinute, "clock", clock)
    return clock


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def record(error: Exception, name: str = "latchkey") -> logging.LogRecord:
    caught = raised(error)
    failed = (type(caught), caught, caught.__traceback__)
    return logging.LogRecord(name, logging.ERROR, __file__, 1, "the store is away: %s", ("A",), failed)


def has_traceback(once: TracebackOncePerMinute, said: logging.LogRecord) -> bool:
    return once.filter(said).exc_info is not None


def test_the_traceback_is_the_minutes_first(clock: Clock) -> None:
    once = TracebackOncePerMinute()
    assert [has_traceback(once, record(KeyError("a"))) for _time in range(3)] == [True, False, False]
    clock.now += 60
    assert has_traceback(once, record(KeyError("a")))


def test_another_kind_has_its_own(clock: Clock) -> None:
    once = TracebackOncePerMinute()
    assert has_traceback(once, record(KeyError("a")))
    assert has_traceback(once, record(ValueError("a")))
    assert has_traceback(once, record(KeyError("a"), "elsewhere"))
    assert not has_traceback(once, record(KeyError("other words")))


def test_two_places_are_two_kinds(clock: Clock) -> None:
    once = TracebackOncePerMinute()
    assert has_traceback(once, record(KeyError("a")))
    try:
        dict[str, str]()["a"]
    except KeyError as error:
        failed = (KeyError, error, error.__traceback__)
    other = logging.LogRecord("latchkey", logging.ERROR, __file__, 1, "lost", (), failed)
    assert has_traceback(once, other)


def test_a_minute_has_so_many_kinds_at_most(clock: Clock) -> None:
    once = TracebackOncePerMinute()
    kinds = [has_traceback(once, record(KeyError(), f"logger {number}")) for number in range(MOST_KINDS + 5)]
    assert sum(kinds) == MOST_KINDS


def test_every_line_says_what_it_was(clock: Clock) -> None:
    once = TracebackOncePerMinute()
    for _time in range(2):
        said = record(OperationalError("connection refused\n\tIs the server running?"))
        assert once.filter(said).getMessage() == "the store is away: A: OperationalError: connection refused"


def test_a_record_without_an_error_is_as_it_was(clock: Clock) -> None:
    said = logging.LogRecord("latchkey", logging.INFO, __file__, 1, "ready in %d s", (3,), None)
    assert TracebackOncePerMinute().filter(said) is said


def test_other_handlers_get_the_whole(clock: Clock) -> None:
    once, said = TracebackOncePerMinute(), record(KeyError("a"))
    once.filter(said)
    once.filter(said)
    assert said.getMessage() == "the store is away: A"
    assert said.exc_info is not None


# --- In the log itself -----------------------------------------------------------------------------


@pytest.fixture
def lines(clock: Clock) -> Iterator[io.StringIO]:
    """What the product's own handler writes."""
    setting = logging_to("INFO")
    handler = logging.StreamHandler(stream := io.StringIO())
    formatter = dict(setting["formatters"]["json"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    (name,) = setting["handlers"]["standard_error"]["filters"]
    handler.addFilter(setting["filters"][name]["()"]())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/account", "applications.authentication.credentials.by_token"),
        ("/panel/sign-in/", "django.contrib.sessions.backends.db.SessionStore.load"),
    ],
)
@pytest.mark.django_db
def test_a_503_is_one_line_with_the_request(
    path: str, where: str, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any, **_named: Any) -> None:
        raise OperationalError("connection refused\nwith more of it")

    monkeypatch.setattr(where, away)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {'0' * 40}"})
    client.cookies["sessionid"] = "a" * 32
    ids = []
    for _time in range(3):
        answer = client.get(path)
        assert answer.status_code == 503
        ids.append(answer["X-Request-Id"])
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert ["exception" in line for line in told] == [True, False, False]
    for line, request_id in zip(told, ids, strict=True):
        assert f"request {request_id}: OperationalError: connection refused" in line["event"]
        assert "with more" not in line["event"]
