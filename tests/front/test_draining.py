"""A server that is about to end says so, and closes each connection after its answer."""

import asyncio
import json
from pathlib import Path

import pytest

from config import draining, front
from config.lanes import READY
from tests.front.talking import WHOLE, answer, talk


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that would say so, which is not there yet."""
    file = tmp_path / "draining.1"
    monkeypatch.setattr(draining, "file", str(file))
    return file


async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> list[int]:
    """Ask twice over one connection, and return the statuses; 0 where it has ended."""
    statuses = []
    for _number in range(2):
        writer.write(WHOLE)
        statuses.append((await answer(reader))[0])
    return statuses


def test_one_that_goes_on_keeps_connections(file: Path) -> None:
    assert talk(twice) == [[200, 200]]


def test_one_that_is_about_to_end_still_answers_and_closes(file: Path) -> None:
    file.touch()
    assert talk(twice) == [[200, 0]]


def test_one_that_nobody_supervises_never_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "file", None)
    assert not draining.is_draining()


def test_one_that_is_about_to_end_is_not_ready(file: Path) -> None:
    file.touch()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(WHOLE.replace(b"/ ", READY.encode() + b" "))
        return await reader.read()

    head, _end, body = talk(client, application=front.application)[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nX-Request-Id: " in head
    assert json.loads(body)["status"] == "draining"
