"""A body that came with its head, and an answer in one piece."""

import asyncio
import gc
import socket
import struct
import weakref
from typing import Any
from unittest.mock import AsyncMock

import pytest
from django.core.exceptions import RequestDataTooBig

from config import bodies, front
from config.whole import EXTENSION, Answer, Whole
from tests.front.talking import CHUNKS, DATE, HEAD, WHOLE, Application, answer, sending, talk

LENGTH = HEAD + b"Content-Length: 2\r\n\r\n"


def answering(*headers: tuple[str, str], status: int = 200, closes: bool = False) -> Application:
    """Return an application that answers whether the body was there at once, and what it is."""

    async def application(scope: dict[str, Any], receive: Any, _send: Any) -> None:
        whole: Whole = scope["extensions"][EXTENSION]
        came = whole.body
        body = came if came is not None else (await receive())["body"]
        told = b"%r %b" % (came is not None, body)
        made: Answer = (status, [*headers, ("Content-Length", str(len(told)))], told)
        await whole.answer(made, closes=closes)

    return application


async def asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *requests: bytes
) -> tuple[bytes, bool]:
    """Send requests at once and return all that comes, and whether the connection ended."""
    writer.write(b"".join(requests))
    read, ended = b"", False
    while not ended:
        try:
            async with asyncio.timeout(0.2):
                part = await reader.read(65536)
        except TimeoutError:
            break
        read, ended = read + part, not part
    return read, ended


def ask(*requests: bytes, application: Application | None = None) -> tuple[bytes, bool]:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bool]:
        return await asked(reader, writer, *requests)

    [(read, ended)] = talk(client, application=application or answering())
    return read, ended


@pytest.mark.parametrize(
    ("request_", "told"),
    [(WHOLE, b"True "), (LENGTH + b"ab", b"True ab"), (CHUNKS + b"2\r\nab\r\n0\r\n\r\n", b"True ab")],
)
def test_a_body_that_came_with_its_head_is_there(request_: bytes, told: bytes) -> None:
    assert talk(sending(request_), application=answering()) == [(200, told)]


@pytest.mark.parametrize("parts", [(LENGTH, b"ab"), (CHUNKS, b"2\r\nab\r\n0\r\n\r\n")])
def test_one_that_comes_later_is_not(parts: tuple[bytes, ...]) -> None:
    assert talk(sending(*parts, pause=0.05), application=answering()) == [(200, b"False ab")]


@pytest.mark.parametrize(("path", "most"), [("/oauth/token", 64 * 1024), ("/events", 1024 * 1024)])
def test_a_body_that_came_with_its_head_has_the_same_limit(path: str, most: int) -> None:
    """In chunks, so that the head says no length."""
    environ = {"PATH_INFO": path, "HTTP_TRANSFER_ENCODING": "chunked"}
    longest = b"x" * most
    assert asyncio.run(bodies.read(environ, AsyncMock(), longest)) == longest
    with pytest.raises(RequestDataTooBig):
        asyncio.run(bodies.read(environ, AsyncMock(), longest + b"x"))


def test_an_answer_says_when_it_was_made_and_leaves_the_connection_open() -> None:
    read, ended = ask(WHOLE, application=answering(("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b")))
    head, _end, body = read.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"HTTP/1.1 200 OK"
    assert lines == [b"date: " + DATE, b"X-One: 1", b"Set-Cookie: a", b"Set-Cookie: b", b"Content-Length: 5"]
    assert (body, ended) == (b"True ", False)


def test_to_head_only_the_head_is_sent() -> None:
    read, ended = ask(b"HEAD" + WHOLE[3:])
    assert read.endswith(b"Content-Length: 5\r\n\r\n")
    assert not ended


@pytest.mark.parametrize(
    ("request_", "closes"),
    [
        (WHOLE, True),
        (WHOLE.replace(b"1.1", b"1.0"), False),
        (WHOLE[:-2] + b"Connection: close\r\n\r\n", False),
    ],
)
def test_the_connection_ends_where_one_of_both_wants_it(request_: bytes, closes: bool) -> None:
    read, ended = ask(request_, application=answering(closes=closes))
    assert read.count(b"\r\nconnection: close\r\n") == 1
    assert read.endswith(b"True ")
    assert ended


def test_requests_that_are_sent_at_once_are_answered_in_turn() -> None:
    read, ended = ask(LENGTH + b"ab", LENGTH + b"cd", WHOLE)
    assert [read.count(told) for told in (b"True ab", b"True cd", b"HTTP/1.1 200 OK\r\n")] == [1, 1, 3]
    assert read.index(b"True ab") < read.index(b"True cd")
    assert not ended


@pytest.mark.parametrize("value", ["a\r\nX-Evil: b", "a\nb", "a\rb"])
def test_a_header_with_a_line_break_is_not_sent(value: str) -> None:
    read, ended = ask(WHOLE, application=answering(("X-One", value)))
    assert read.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"Evil" not in read
    assert ended


def test_a_client_that_reads_nothing_gets_no_more_answers() -> None:
    """Else its answers would pile up in memory; what it has asked is answered once it reads."""
    taken = 0
    large = b"x" * 1_000_000

    async def application(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        nonlocal taken
        taken += 1
        await scope["extensions"][EXTENSION].answer((200, [("Content-Length", str(len(large)))], large))

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, list[int]]:
        writer.write(WHOLE * 40)
        await asyncio.sleep(0.3)
        before = taken
        return before, [len((await answer(reader))[1]) for _number in range(40)]

    [(before, lengths)] = talk(client, application=application)
    assert before < 20
    assert lengths == [len(large)] * 40


def test_a_request_leaves_nothing_to_the_garbage_collector() -> None:
    """It would come after every two hundred requests, and now and then stop all of them for 15 ms."""
    requests: list[weakref.ref[Any]] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        requests.append(weakref.ref(scope["extensions"][EXTENSION].cycle))
        await front.application(scope, receive, send)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[bool]:
        for _number in range(3):
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await answer(reader))[0] == 200
        return [request() is None for request in requests]

    gc.disable()
    try:
        assert talk(client, application=application) == [
            [True, True, False]
        ]  # the last one is the connection's
    finally:
        gc.enable()


def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    gone = asyncio.Event()
    raised: list[Exception] = []

    async def application(scope: dict[str, Any], receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        try:
            await scope["extensions"][EXTENSION].answer((200, [("Content-Length", "2")], b"ok"))
        except Exception as error:
            raised.append(error)
        gone.set()

    async def client(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE)
        await asyncio.sleep(0.05)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset it
        writer.transport.abort()
        await gone.wait()

    talk(client, application=application)
    assert not raised
