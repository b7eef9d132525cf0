"""A request and its answer: a body that comes with its head or later, an answer in one piece or in several."""

import asyncio
import gc
import socket
import struct
from typing import Any

import pytest

from config import front
from config.exchanges import Answer, Exchange
from tests.front.talking import CHUNKS, DATE, HEAD, WHOLE, Application, answer, later, sending, talk

LENGTH = HEAD + b"Content-Length: 2\r\n\r\n"


def answering(*headers: tuple[str, str], status: int = 200, closes: bool = False) -> Application:
    """Return an application that answers whether the body was there at once, and what it is."""

    def tell(exchange: Exchange, came: bool) -> None:
        told = b"%r %b" % (came, exchange.taken())
        made: Answer = (status, [*headers, ("Content-Length", str(len(told)))], told)
        exchange.answer(made, closes=closes)

    async def wait(exchange: Exchange) -> None:
        while not exchange.is_whole:
            await exchange.wait()
        tell(exchange, came=False)

    def application(exchange: Exchange) -> None:
        if exchange.is_whole:
            tell(exchange, came=True)
        else:
            exchange.connection.run(wait(exchange))

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


def test_an_answer_says_when_it_was_made_and_leaves_the_connection_open() -> None:
    read, ended = ask(WHOLE, application=answering(("X-One", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b")))
    head, _end, body = read.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"HTTP/1.1 200 OK"
    assert lines == [b"Date: " + DATE, b"X-One: 1", b"Set-Cookie: a", b"Set-Cookie: b", b"Content-Length: 5"]
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
    assert read.count(b"\r\nConnection: close\r\n") == 1
    assert read.endswith(b"True ")
    assert ended


def test_requests_that_are_sent_at_once_are_answered_in_turn() -> None:
    read, ended = ask(LENGTH + b"ab", LENGTH + b"cd", WHOLE)
    assert [read.count(told) for told in (b"True ab", b"True cd", b"HTTP/1.1 200 OK\r\n")] == [1, 1, 3]
    assert read.index(b"True ab") < read.index(b"True cd")
    assert not ended


@pytest.mark.parametrize("value", ["a\r\nX-Evil: b", "a\nb", "a\rb", "ł"])
def test_a_header_that_cannot_be_sent_is_not_sent(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the product: it refuses, and logs what it was."""
    monkeypatch.setattr(front, "frequent", lambda _environ: None)
    monkeypatch.setattr(front.lanes, "of", lambda _path: Answering((200, [("X-One", value)], b"")))
    read, ended = ask(WHOLE, application=front.application)
    assert read.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"Evil" not in read
    assert ended


class Answering:
    """Threads that have an answer at once."""

    def __init__(self, answer: Answer) -> None:
        self.made = answer

    async def answer(self, _environ: Any) -> Answer:
        return self.made


def test_a_client_that_reads_nothing_gets_no_more_answers() -> None:
    """Else its answers would pile up in memory; what it has asked is answered once it reads."""
    taken = 0
    large = b"x" * 1_000_000

    def application(exchange: Exchange) -> None:
        nonlocal taken
        taken += 1
        exchange.answer((200, [("Content-Length", str(len(large)))], large))

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, list[int]]:
        writer.write(WHOLE * 40)
        await asyncio.sleep(0.3)
        before = taken
        return before, [len((await answer(reader))[1]) for _number in range(40)]

    [(before, lengths)] = talk(client, application=application)
    assert before < 20
    assert lengths == [len(large)] * 40


@pytest.mark.parametrize("closes", [True, False])
def test_what_follows_the_last_request_of_a_connection_is_not_acted_on(closes: bool) -> None:
    """Nobody would get its answer: the server, or the client, has said that the connection ends."""
    asked = 0
    large = b"x" * 20_000_000  # more than the system keeps for a client

    def application(exchange: Exchange) -> None:
        nonlocal asked
        asked += 1
        exchange.answer((200, [("Content-Length", str(len(large)))], large), closes=closes)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        first = WHOLE if closes else WHOLE[:-2] + b"Connection: close\r\n\r\n"
        writer.write(first + WHOLE * 3)
        await asyncio.sleep(0.1)
        return len(await reader.read())

    [read] = talk(client, application=application)
    assert (read > len(large), asked) == (True, 1)


def test_a_request_leaves_nothing_to_the_garbage_collector() -> None:
    """It would come after every two hundred requests, and now and then stop all of them for 15 ms."""

    def left() -> int:
        return sum(isinstance(found, Exchange) for found in gc.get_objects())

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        before = left()
        for _number in range(3):
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await answer(reader))[0] == 200
        await asyncio.sleep(0)
        return [before, left()]

    gc.disable()
    try:
        [(before, after)] = talk(client, application=front.application)
    finally:
        gc.enable()
    assert after == before


def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    gone = asyncio.Event()
    raised: list[Exception] = []

    @later
    async def application(exchange: Exchange) -> None:
        while not exchange.is_gone:
            await asyncio.sleep(0.01)
        try:
            exchange.answer((200, [("Content-Length", "2")], b"ok"))
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


# --- In pieces ----------------------------------------------------------------------------------


def in_pieces(*headers: tuple[str, str], closes: bool = False) -> Application:
    """Return an application that answers in two pieces, with an empty one between."""

    @later
    async def application(exchange: Exchange) -> None:
        exchange.begin(200, list(headers), closes=closes)
        for piece in (b"one", b"", b"two"):
            await exchange.send(piece)
        exchange.finish()

    return application


@pytest.mark.parametrize(
    ("request_", "headers", "told", "goes_on"),
    [
        (WHOLE, [], b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", True),
        (WHOLE, [("Content-Length", "6")], b"onetwo", True),
        (WHOLE.replace(b"1.1", b"1.0"), [], b"onetwo", False),
        (b"HEAD" + WHOLE[3:], [], b"", True),
    ],
)
def test_pieces_are_framed_as_the_client_can_read_them(
    request_: bytes, headers: list[tuple[str, str]], told: bytes, goes_on: bool
) -> None:
    read, ended = ask(request_, application=in_pieces(*headers))
    head, _end, body = read.partition(b"\r\n\r\n")
    assert (body, ended) == (told, not goes_on)
    assert (b"Connection: close" in head) == ended
    assert (b"Transfer-Encoding: chunked" in head) == body.startswith(b"3")


def test_the_connection_ends_with_an_answer_in_pieces_where_it_has_to() -> None:
    read, ended = ask(WHOLE, application=in_pieces(closes=True))
    assert b"\r\nConnection: close\r\n" in read
    assert read.endswith(b"0\r\n\r\n")
    assert ended


def test_an_answer_that_breaks_off_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    @later
    async def application(exchange: Exchange) -> None:
        exchange.begin(200, [])
        await exchange.send(b"one")
        raise ZeroDivisionError

    read, ended = ask(WHOLE, application=application)
    assert b"0\r\n\r\n" not in read
    assert ended
    assert "an answer broke off" in caplog.text
