"""A client that stops reading loses its connection; one that reads slowly does not."""

import asyncio

import pytest

from config import reading
from config.exchanges import Exchange
from config.noting import begin
from config.reading import Reading
from config.streams import Streamed, Streams
from tests.front.talking import WHOLE, Application, answer, later, talk

LARGE = b"x" * 20_000_000  # more than the system keeps for a client


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.2)


def whole(exchange: Exchange) -> None:
    """Answer in one piece."""
    exchange.answer((200, [("Content-Length", str(len(LARGE)))], LARGE))


streams = Streams()


@later
async def in_pieces(exchange: Exchange) -> None:
    """Answer without an end."""
    begin(exchange.environ)
    pieces = iter(lambda: LARGE[:100_000], None)
    await streams.send(Streamed(200, [], pieces, lambda: None), exchange)


@pytest.mark.parametrize("application", [whole, in_pieces])
def test_who_stops_reading_is_left_and_holds_no_place(application: Application) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(WHOLE)
        await asyncio.sleep(0.8)
        return len(await reader.read())  # what the system had kept, and then the end

    [read] = talk(client, application=application)
    assert 0 < read < len(LARGE)
    assert streams.open == 0


def test_who_reads_slowly_gets_all_of_it() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(WHOLE)
        read = 0
        while read < len(LARGE):
            part = await reader.read(65536)
            assert part, "the connection has ended"
            read += len(part)
            if read // 1_500_000 != (read - len(part)) // 1_500_000:
                await asyncio.sleep(0.1)
        return read

    [read] = talk(client, application=whole)
    assert read >= len(LARGE)


def test_who_waits_between_two_requests_is_not_left() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
        statuses = []
        for _number in range(2):
            writer.write(WHOLE)
            statuses.append((await answer(reader))[0])
            await asyncio.sleep(0.5)
        return statuses

    assert talk(client) == [[200, 200]]


class Transport:
    """As much of a transport as is looked at."""

    def __init__(self, left: int) -> None:
        self.left, self.aborted = left, False

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(
    ("left", "has_taken", "is_left"),
    [
        ([10, 10], False, True),
        ([10, 9, 8], False, False),
        ([10, 10, 10], True, False),
        ([10, 0], False, False),
    ],
)
def test_what_counts_is_that_something_was_taken(left: list[int], has_taken: bool, is_left: bool) -> None:
    async def look() -> bool:
        transport = Transport(left[0])
        watched = Reading(transport, asyncio.get_running_loop())  # type: ignore[arg-type]
        watched.expect()
        for now in left[1:]:
            transport.left = now
            if has_taken:
                watched.has_taken()
            await asyncio.sleep(0.25)
        watched.end()
        return transport.aborted

    assert asyncio.run(look()) == is_left
