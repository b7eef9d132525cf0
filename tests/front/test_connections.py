"""What a connection takes of a request's head, in what time; and what comes after its body, or instead of it."""

import asyncio
import json

import pytest

from config import connections, front, parsing
from config.noting import Answered, answered
from tests.front.talking import CHUNKS, HEAD, WHOLE, answer, sending, talk


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)


@pytest.mark.usefixtures("hasty")
def test_a_head_has_its_time_however_often_something_comes() -> None:
    trickling = sending(*[HEAD[:1], *[HEAD[at : at + 1] for at in range(1, 12)]], pause=0.06)
    assert talk(sending(), trickling, sending(WHOLE)) == [(0, b""), (0, b""), (200, b'[["HTTP_HOST"], ""]')]


@pytest.mark.usefixtures("hasty")
def test_a_body_may_take_longer_than_a_head() -> None:
    slow = sending(HEAD + b"Content-Length: 8\r\n\r\n", *[b"x"] * 8, pause=0.06)
    assert talk(slow) == [(200, b'[["HTTP_HOST", "CONTENT_LENGTH"], "xxxxxxxx"]')]


def test_the_clock_begins_anew_with_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
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
    monkeypatch.setattr(parsing, "MAX_HEAD_BYTES", 1000)
    line = b"X-Long: " + b"x" * 90 + b"\r\n"
    status, told = talk(sending(HEAD, *[line] * 10, pause=0.001))[0]
    assert (status, told) == (400, b"HeadTooLong()")
    assert talk(sending(HEAD, *[line] * 8, b"\r\n", pause=0.001))[0][0] == 200


@pytest.mark.parametrize(
    ("begun", "statuses"),
    [
        (CHUNKS + b"1\r\na\r\n0\r\n", [400, 0]),
        (HEAD + b"Content-Length: 1\r\n\r\na" + WHOLE[:-2], [200, 400]),
    ],
)
def test_what_comes_while_a_request_is_not_answered_yet_has_its_length_too(
    begun: bytes, statuses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields after a body, and what is no body and no head of the next request: they are kept until they are whole."""
    monkeypatch.setattr(parsing, "MAX_HEAD_BYTES", 1000)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(begun + b"X-Long: " + b"x" * 90)
        for _number in range(20):
            writer.write(b"x" * 90)
            await asyncio.sleep(0.001)
        return [(await answer(reader))[0] for _number in range(2)]

    assert talk(client) == [statuses]


def test_a_body_in_many_small_chunks_is_no_long_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_HEAD_BYTES", 1000)
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
    assert talk(sending(asked)) == [(200, b'[["HTTP_HOST", "HTTP_TRANSFER_ENCODING"], "ab"]')]


def test_a_client_that_says_it_sends_no_more_gets_its_answer() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bytes]:
        writer.write(WHOLE)
        writer.write_eof()
        status, _body = await answer(reader)
        return status, await reader.read()  # nothing more: the connection ends

    assert talk(client) == [(200, b"")]


@pytest.mark.parametrize("begun", [HEAD + b"Content-Length: 8\r\n\r\nxxx", CHUNKS + b"5\r\nabcde\r\n"])
def test_a_body_that_ends_too_early_is_refused(begun: bytes) -> None:
    assert talk(sending(begun, then_eof=True)) == [(400, b"BadRequest('broken off')")]


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
        HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 2, 2\r\n\r\nab",
        HEAD + b"Content-Length:\r\n\r\n",
        HEAD + b"Content-Length: +1\r\n\r\na",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
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


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"This cannot be read as HTTP/1.1."),
        (HEAD + b"X-Long: " + b"x" * 70_000, b"The head of the request is too long."),
    ],
)
def test_what_cannot_be_read_is_told_so_with_an_id_and_is_counted(asked: bytes, told: bytes) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, int]:
        answered.clear()
        writer.write(asked)
        return await reader.read(), len(answered)

    [(read, counted)] = talk(client, application=front.application)
    head, _end, body = read.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nX-Request-Id: " in head
    assert (body.strip(), counted) == (told, 1)
    assert Answered._make(answered[0]).status == 400


def test_what_follows_a_whole_request_takes_nothing_from_its_answer() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        writer.write(WHOLE + b"\x00\x01\r\n\r\n")
        return [(await answer(reader))[0] for _number in range(3)]

    assert talk(client) == [[200, 400, 0]]


def test_no_more_requests_at_once_than_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes of a client's are kilobytes here."""
    monkeypatch.setattr(connections, "MAX_WAITING", 5)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[tuple[int, bytes]]:
        writer.write(WHOLE * 50)
        return [await answer(reader) for _number in range(7)]

    *good, refused, ended = talk(client)[0]
    assert [status for status, _told in good] == [200] * 5
    assert refused == (400, b"TooManyAtOnce()")
    assert ended == (0, b"")


@pytest.mark.parametrize("closes", [True, False])
def test_who_goes_on_sending_what_cannot_be_read_still_reads_why(
    closes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is closed at once would be reset, and the answer lost."""
    monkeypatch.setattr(connections, "LINGER_SECONDS", 5 if closes else 0.6)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bool]:
        for _number in range(5):
            writer.write(b"nonsense\r\n" * 1000)
            await asyncio.sleep(0.02)
        read = await reader.read()
        if not closes:
            await asyncio.sleep(0.8)
            writer.write(b"more")
            await asyncio.sleep(0.05)
            writer.write(b"more")
            await asyncio.sleep(0.05)
        return read[:12], writer.transport.is_closing()

    assert talk(client) == [(b"HTTP/1.1 400", not closes)]
