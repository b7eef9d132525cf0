"""What a connection takes of a request's head, in what time; and what comes after its body, or instead of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from config import connections
from config.connections import Connection
from config.workers import sockets

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

type Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]


async def product(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with the names of the headers and the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    names = [name.decode() for name, _value in scope["headers"]]
    told = json.dumps([names, body.decode()]).encode()
    headers = [(b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})


def talk(*clients: Client) -> list[Any]:
    """Let clients talk to a server at the same time, and return what they return."""
    config = Config(product, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=30)
    config.load()
    state = ServerState()

    async def one(client: Client, address: tuple[str, int]) -> Any:
        reader, writer = await asyncio.open_connection(*address)
        try:
            return await asyncio.wait_for(client(reader, writer), 10)
        finally:
            writer.close()

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(config, state, {}), sock=sockets("127.0.0.1", 0)[0]
        )
        async with server:
            address = server.sockets[0].getsockname()
            return await asyncio.gather(*(one(client, address) for client in clients))

    return asyncio.run(main())


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body; 0 where the connection ends without an answer."""
    line = await reader.readline()
    if not line:
        return 0, b""
    length = 0
    while (field := (await reader.readline()).strip().lower()) != b"":
        if field.startswith(b"content-length:"):
            length = int(field.partition(b":")[2])
    return int(line.split()[1]), await reader.readexactly(length)


def sending(*parts: bytes, pause: float = 0.0, then_eof: bool = False) -> Client:
    """Return a client that sends the parts and returns the answer."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bytes]:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        if then_eof:
            writer.write_eof()
        try:
            return await answer(reader)
        except ConnectionError:
            return 0, b""

    return client


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)


@pytest.mark.usefixtures("hasty")
def test_a_head_has_its_time_however_often_something_comes() -> None:
    trickling = sending(*[HEAD[:1], *[HEAD[at : at + 1] for at in range(1, 12)]], pause=0.06)
    assert talk(sending(), trickling, sending(WHOLE)) == [(0, b""), (0, b""), (200, b'[["host"], ""]')]


@pytest.mark.usefixtures("hasty")
def test_a_body_may_take_longer_than_a_head() -> None:
    slow = sending(HEAD + b"Content-Length: 8\r\n\r\n", *[b"x"] * 8, pause=0.06)
    assert talk(slow) == [(200, b'[["host", "content-length"], "xxxxxxxx"]')]


def test_the_clock_begins_anew_with_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an answer it is uvicorn's own, for as long (config/workers.py)."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        statuses = []
        for _number in range(4):
            writer.write(WHOLE[:5])
            await asyncio.sleep(0.1)
            writer.write(WHOLE[5:])
            statuses.append((await answer(reader))[0])
        return statuses

    assert talk(client) == [[200] * 4]


def test_a_head_has_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_HEAD_BYTES", 1000)
    line = b"X-Long: " + b"x" * 90 + b"\r\n"
    status, told = talk(sending(HEAD, *[line] * 10, pause=0.001))[0]
    assert (status, told) == (400, b"The head of the request is too long.")
    assert talk(sending(HEAD, *[line] * 8, b"\r\n", pause=0.001))[0][0] == 200


@pytest.mark.parametrize("begun", [CHUNKS + b"1\r\na\r\n0\r\n", HEAD + b"Content-Length: 1\r\n\r\n"])
def test_what_comes_while_a_request_is_not_answered_yet_has_its_length_too(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields after a body, and what is no body and no head of the next request: they are kept until they are whole."""
    monkeypatch.setattr(connections, "MAX_HEAD_BYTES", 1000)
    never_whole = [b"a" + WHOLE[:-2] + b"X-Long: " + b"x" * 90, *[b"x" * 90] * 20]
    assert talk(sending(begun, *never_whole[begun.startswith(CHUNKS) :], pause=0.001))[0][0] in (0, 400)


def test_a_body_in_many_small_chunks_is_no_long_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_HEAD_BYTES", 1000)
    status, told = talk(sending(CHUNKS, *[b"1\r\na\r\n" * 20] * 30, b"0\r\n\r\n", pause=0.001))[0]
    assert (status, json.loads(told)[1]) == (200, "a" * 600)


@pytest.mark.parametrize(
    "framed", [b"Content-Length: 2\r\n\r\nab", b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"]
)
def test_a_body_is_read_also_where_another_protocol_is_asked_for(framed: bytes) -> None:
    status, told = talk(sending(HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + framed))[0]
    assert (status, json.loads(told)[1]) == (200, "ab")


@pytest.mark.parametrize(
    "framed", [b"Content-Length: 2\r\n\r\nab", CHUNKS[len(HEAD) :] + b"2\r\nab\r\n0\r\n\r\n"]
)
def test_a_body_that_would_not_be_read_is_refused(framed: bytes) -> None:
    """Where the network cuts the field in two."""
    parts = (HEAD + b"Connection: Upgrade\r\nUpg", b"rade: h2c\r\n" + framed)
    assert talk(sending(*parts, pause=0.05))[0][0] == 400


def test_what_follows_a_body_is_no_part_of_the_head() -> None:
    """At once, so that it is there before anybody looks at the head."""
    trailer = b"X-Forwarded-For: 192.0.2.1\r\nContent-Type: text/plain\r\n\r\n"
    asked = CHUNKS + b"2\r\nab\r\n0\r\n" + trailer
    assert talk(sending(asked)) == [(200, b'[["host", "transfer-encoding"], "ab"]')]


def test_a_client_that_says_it_sends_no_more_gets_its_answer() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bytes]:
        writer.write(WHOLE)
        writer.write_eof()
        status, _body = await answer(reader)
        return status, await reader.read()  # nothing more: the connection ends

    assert talk(client) == [(200, b"")]


@pytest.mark.parametrize("begun", [HEAD + b"Content-Length: 8\r\n\r\nxxx", CHUNKS + b"5\r\nabcde\r\n"])
def test_a_body_that_ends_too_early_is_refused(begun: bytes) -> None:
    assert talk(sending(begun, then_eof=True)) == [(400, b"The request ended before its body did.")]


def test_no_more_connections_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)

    async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        await asyncio.sleep(0.3)
        writer.write(WHOLE)
        return (await answer(reader))[0]

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        await asyncio.sleep(0.1)
        status, _body = await sending(WHOLE)(reader, writer)
        return int(status)

    assert talk(idle, idle, late) == [200, 200, 0]


@pytest.mark.parametrize(
    "asked",
    [
        b"GET / HTTP/1.1\nHost: localhost\n\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: +1\r\n\r\na",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"X-A: b\r\n folded\r\n\r\n",
        HEAD + b"X-A: b\x00c\r\n\r\n",
        HEAD + b"X A: b\r\n\r\n",
        CHUNKS + b"-1\r\n\r\n",
        CHUNKS + b"0x1\r\na\r\n0\r\n\r\n",
        CHUNKS + b"1\r\nab\r\n0\r\n\r\n",
        CHUNKS + b"fffffffffffffffff\r\na\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(asked: bytes) -> None:
    assert talk(sending(asked))[0][0] == 400


def test_who_asks_for_another_protocol_is_answered_in_this_one() -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    status, told = talk(sending(WHOLE[:-2] + upgrade))[0]
    assert (status, json.loads(told)[1]) == (200, "")
