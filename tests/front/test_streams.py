"""Answers in pieces: made no faster than the client reads, and no longer than it listens."""

import asyncio
import re
import socket
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from django.conf import settings

from config.exchanges import Exchange
from config.noting import begin
from config.streams import Streamed, Streams, TooManyStreams
from config.threads import Threads, call
from tests.front.conftest import Front
from tests.servers import OWNER_PASSWORD

ROWS = 30_000
PIECE = b"x" * 100
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "PATH_INFO": "/",
    "REMOTE_ADDR": "192.0.2.1",
}


class Source:
    """Pieces without end, which know how many of them were made, by which thread, and whether they were ended."""

    def __init__(self) -> None:
        self.made, self.closed, self.threads = 0, 0, set[str]()

    def pieces(self) -> Iterator[bytes]:
        while True:
            self.made += 1
            self.threads.add(threading.current_thread().name)
            yield PIECE

    def close(self) -> None:
        self.closed += 1

    def answer(self) -> Streamed:
        return Streamed(200, [("Content-Type", "text/csv")], self.pieces(), self.close)


class Reader:
    """The connection to a client that takes `most` pieces and then either reads no more or goes away."""

    def __init__(self, most: int, *, goes: bool) -> None:
        self.most, self.goes, self.sent = most, goes, 0
        self.exchange = Exchange(self, {**ENVIRON}, keeps=True)  # type: ignore[arg-type]  # as much as is needed
        begin(self.exchange.environ)

    def date(self) -> str:
        return ""

    def write(self, data: bytes) -> None:
        self.sent += PIECE in data

    async def written(self) -> None:
        if self.sent < self.most:
            return
        if not self.goes:
            await asyncio.Event().wait()
        self.exchange.break_off(is_gone=True)

    def finish(self, exchange: Exchange) -> None:
        """Go on with nothing."""


def test_no_piece_is_made_before_the_ones_before_are_taken() -> None:
    source = Source()

    async def read_slowly() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Streams().send(source.answer(), Reader(3, goes=False).exchange), 0.2)

    asyncio.run(read_slowly())
    assert (source.made, source.closed) == (3, 1)
    assert source.threads == {"streams_0"}, "and none of the threads that answer requests makes one"


def test_a_client_that_goes_ends_the_making() -> None:
    source = Source()
    asyncio.run(asyncio.wait_for(Streams().send(source.answer(), Reader(5, goes=True).exchange), 5))
    assert (source.made, source.closed) == (5, 1)


def test_no_more_at_once_than_may_be() -> None:
    one, another = Source(), Source()

    async def both() -> None:
        streams = Streams(most=1)
        first = asyncio.ensure_future(streams.send(one.answer(), Reader(1, goes=False).exchange))
        await asyncio.sleep(0.05)
        with pytest.raises(TooManyStreams):
            await streams.send(another.answer(), Reader(1, goes=False).exchange)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert streams.open == 0

    asyncio.run(both())
    assert (one.closed, another.closed, another.made) == (1, 1, 0)


class Body:
    """What Django answers with."""

    def __init__(self, *parts: bytes, streaming: bool) -> None:
        self.parts, self.streaming = parts, streaming

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)


@pytest.mark.parametrize(
    ("streaming", "headers", "in_pieces"),
    [(True, [], True), (True, [("Content-Length", "2")], False), (False, [], False)],
)
def test_only_what_has_no_length_comes_in_pieces(
    streaming: bool, headers: list[tuple[str, str]], in_pieces: bool
) -> None:
    def application(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return Body(b"a", b"b", streaming=streaming)

    answer = call(application, {})
    if in_pieces:
        assert isinstance(answer, Streamed)
        assert b"".join(answer.pieces) == b"ab"
    else:
        assert answer == (200, [("Content-Length", "2")], b"ab")
    threaded = asyncio.run(asyncio.wait_for(Threads(application, 1, 1).answer({}), 5))
    assert isinstance(threaded, Streamed) == in_pieces


# --- Served -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cookies(front: Front) -> str:
    """The session of the owner, whose account has a long log."""
    insert_rows(front.served.environment["DATABASE_URL"])
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{front.served.url}/panel/sign-in/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = {"login": "owner@front.example", "password": OWNER_PASSWORD, "csrfmiddlewaretoken": token[1]}
    request = urllib.request.Request(f"{front.served.url}/panel/sign-in/", urlencode(form).encode())
    request.add_header("Referer", request.full_url)
    opener.open(request, timeout=10).close()
    return "Cookie: " + "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def insert_rows(url: str) -> None:
    """Add ROWS rows to the log of the only account, each the successor of the one before (migration 0009)."""
    columns = (
        "account_id, action, actor_kind, actor, application_id, target, details, ip, request_id, created_at"
    )
    values = "'person:sign_in', 'user', 'owner@front.example', '', 'Owner', '{}', NULL, '', "
    latest = (
        "(SELECT digest FROM applications_auditevent WHERE account_id IS NOT NULL ORDER BY id DESC LIMIT 1)"
    )
    account = "(SELECT id FROM applications_account)"
    if settings.POSTGRESQL:
        number = "convert_to(lpad(({})::text, 32, '0'), 'UTF8')"
        statement, moment = f"SELECT {{}} FROM generate_series(1, {ROWS}) n", "now()"
    else:
        number, moment = "CAST(printf('%032d', {}) AS BLOB)", "'2026-01-01 00:00:00'"
        numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS})"
        statement = f"{numbers} SELECT {{}} FROM s"
    previous = f"CASE WHEN n = 1 THEN {latest} ELSE {number.format('n - 1')} END"
    selected = statement.format(f"{account}, {values}{moment}, {previous}, {number.format('n')}")
    insert = f"INSERT INTO applications_auditevent ({columns}, previous, digest) {selected}"
    if settings.POSTGRESQL:
        with psycopg.connect(url) as connection:
            connection.execute(insert)
    else:
        with closing(sqlite3.connect(urlsplit(url).path)) as file, file:
            file.execute(insert)


def ask(front: Front, cookies: str, kind: str) -> socket.socket:
    connection = front.connect()
    account = 1
    connection.sendall(
        front.head(f"GET /panel/{account}/audit-log/export.{kind}", cookies, "Connection: close")
    )
    return connection


def in_memory(front: Front) -> int:
    """Bytes in memory of the processes that serve."""
    children = (
        Path(f"/proc/{front.served.process.pid}/task/{front.served.process.pid}/children").read_text().split()
    )
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    return sum(pages) * 4096


def test_a_long_export_is_whole_and_never_in_memory(front: Front, cookies: str) -> None:
    for _worker in range(2):  # what the first exports load stays
        with ask(front, cookies, "jsonl") as connection:
            while connection.recv(65536):
                pass
    before = in_memory(front)
    size, most, ends = 0, 0, b""
    with ask(front, cookies, "jsonl") as connection:
        while part := connection.recv(65536):
            size += len(part)
            ends = (ends + part)[-20:]
            most = max(most, in_memory(front))
    assert size > ROWS * 200
    assert ends.endswith(b"0\r\n\r\n")
    assert most - before < size * 0.6, "the file was in memory, whose pieces and whole take twice its size"


def test_an_export_that_is_asked_for_with_too_large_a_body_is_sent_and_the_connection_closed(
    front: Front, cookies: str
) -> None:
    with front.connect() as connection:
        head = front.head("GET /panel/1/audit-log/export.csv", cookies, "Content-Length: 70000")
        connection.sendall(head + b"x" * 70_000)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert answer.endswith(b"0\r\n\r\n")


def test_who_stops_reading_or_goes_away_holds_up_nobody(front: Front, cookies: str) -> None:
    """More of them than threads; the ones that stopped reading hold connections and no threads."""
    stopped = [ask(front, cookies, "csv") for _number in range(10)]
    for connection in stopped:
        assert connection.recv(12) == b"HTTP/1.1 200"
    began = time.monotonic()
    assert front.ask() == 200
    assert time.monotonic() - began < 2
    for connection in stopped:
        connection.close()
    for _number in range(20):  # as many as may be open at once, and more: those that went are over
        with ask(front, cookies, "csv") as connection:
            assert connection.recv(12) == b"HTTP/1.1 200"
