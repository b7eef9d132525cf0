"""The threads behind the front, and the WSGI application that other servers call."""

import asyncio
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from applications.waits import limits
from config import streams
from config.exchanges import Answer
from config.lanes import Lanes
from config.parsing import ALWAYS
from config.threads import QueueFull, Threads, call
from config.wsgi import application as product


class Streamed:
    """A WSGI application that answers in parts; it waits for `go` where there is one."""

    def __init__(self, go: threading.Event | None = None) -> None:
        self.go, self.closed = go, 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> "Streamed":
        if self.go is not None:
            self.go.wait(10)
        start_response("203 Parts", [("X-Path", environ["PATH_INFO"])])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"one ", b"two ", b"three")

    def close(self) -> None:
        self.closed += 1


def path_of(answer: Answer | streams.Streamed) -> str:
    assert not isinstance(answer, streams.Streamed)
    return answer[1][0][1]


def test_a_streamed_answer_is_joined_and_closed() -> None:
    application = Streamed()
    headers = [("X-Path", "/x"), ("Content-Length", "13")]
    assert call(application, {"PATH_INFO": "/x"}) == (203, headers, b"one two three")
    assert application.closed == 1


def test_an_answer_that_is_not_as_long_as_it_says_is_none() -> None:
    """It would be taken for the beginning of the next one."""

    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("content-length", "3")])
        return [b"ab"]

    with pytest.raises(ValueError, match="2 bytes, and its head says 3"):
        call(application, {"REQUEST_METHOD": "GET"})
    assert call(application, {"REQUEST_METHOD": "HEAD"}) == (200, [("content-length", "3")], b"ab")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_no_length_is_said_where_there_can_be_no_body(status: str) -> None:
    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response(status, [])
        return []

    assert call(application, {}) == (int(status[:3]), [], b"")


def test_a_full_queue_refuses_at_once_and_recovers() -> None:
    go = threading.Event()

    async def ask() -> list[str]:
        threads = Threads(Streamed(go), count=2, most_waiting=3)
        asked = [threads.answer({"PATH_INFO": f"/{number}"}) for number in range(6)]
        waiting = [asyncio.create_task(each) for each in asked]
        with pytest.raises(QueueFull):
            await waiting[5]
        assert not any(each.done() for each in waiting[:5])
        go.set()
        answers = await asyncio.wait_for(asyncio.gather(*waiting[:5]), 10)
        again = await asyncio.wait_for(threads.answer({"PATH_INFO": "/again"}), 10)
        return [path_of(answer) for answer in [*answers, again]]

    assert asyncio.run(ask()) == ["/0", "/1", "/2", "/3", "/4", "/again"]


def test_whoever_has_waited_too_long_for_a_thread_is_refused_unanswered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("config.threads.WAIT_SECONDS", 0.05)
    go = threading.Event()

    async def ask() -> list[Any]:
        threads = Threads(Streamed(go), count=1, most_waiting=2)
        asked = [threads.answer({"PATH_INFO": f"/{number}"}) for number in range(3)]
        waiting = [asyncio.create_task(each) for each in asked]
        await asyncio.sleep(0.1)
        go.set()
        return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)

    first, *rest = asyncio.run(ask())
    assert (path_of(first), [type(each) for each in rest]) == ("/0", [QueueFull, QueueFull])


@pytest.mark.parametrize("length", [None, "3"])
def test_whoever_went_away_meanwhile_leaves_nothing_open(length: str | None) -> None:
    """A task is cancelled where the server ends before its answer is made."""
    go, made = threading.Event(), Streamed()
    made.streaming = length is None  # type: ignore[attr-defined]  # as Django has it

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Streamed:
        go.wait(10)
        return made(environ, start_response)

    async def ask() -> None:
        threads = Threads(application, count=1, most_waiting=1)
        waiting = asyncio.create_task(threads.answer({"PATH_INFO": "/"}))
        await asyncio.sleep(0.01)
        waiting.cancel()
        go.set()
        await asyncio.wait_for(threads.answer({"PATH_INFO": "/next"}), 10)

    asyncio.run(ask())
    assert made.closed >= 1


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("/health/live", "quick"),
        ("/.well-known/oauth-authorization-server", "quick"),
        ("/static/css/panel.css", "quick"),
        ("/health/ready", "ready"),
        ("/oauth/token", "most"),
        ("/panel/", "most"),
        ("/health", "most"),
    ],
)
def test_what_needs_no_database_has_a_thread_of_its_own(path: str, lane: str) -> None:
    lanes = Lanes(Streamed(), count=1, most_waiting=1, begin=lambda: None)
    assert lanes.of(path) is getattr(lanes, lane)
    assert len({lanes.most, lanes.quick, lanes.ready}) == 3


def test_a_thread_that_makes_exports_takes_its_time_in_a_server_that_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits._process, "in_time", True)
    in_thread = streams.Streams().maker.submit(limits.statement_seconds).result(10)
    assert (in_thread, limits.statement_seconds()) == (3600, 60)


def test_what_the_application_raises_is_raised_where_it_was_asked() -> None:
    def broken(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterator[bytes]:
        raise ZeroDivisionError

    async def ask() -> None:
        await asyncio.wait_for(Threads(broken, count=1, most_waiting=0).answer({}), 10)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(ask())


def environ(body: bytes, **more: str) -> WSGIEnvironment:
    return {
        **ALWAYS,
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oauth/token",
        "QUERY_STRING": "",
        "REMOTE_ADDR": "203.0.113.9",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.input": BytesIO(body),
        **more,
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"grant_type=password", 400, b"unsupported_grant_type"),
        (b"", 400, b"grant_type is missing"),
        (b"x" * (64 * 1024 + 1), 413, b"over 64 KB"),
    ],
)
def test_another_wsgi_servers_decoded_chunks_are_read(body: bytes, status: int, told: bytes) -> None:
    chunked: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    answer = call(product, {**environ(body), **chunked})
    assert not isinstance(answer, streams.Streamed)
    assert (answer[0], told in answer[2]) == (status, True)


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{}, {"CONTENT_LENGTH": "19", "wsgi.input_terminated": True}])
def test_chunks_that_nobody_decoded_or_two_lengths_are_refused(more: dict[str, Any]) -> None:
    answer = call(product, {**environ(b"grant_type=password"), "HTTP_TRANSFER_ENCODING": "chunked", **more})
    assert not isinstance(answer, streams.Streamed)
    assert (answer[0], b"malformed" in answer[2]) == (400, True)
