"""A server that is about to end says so, and closes each connection after its answer."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from config.draining import DRAINING_FILE, READY, closing_while_draining


async def product(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer as the front does."""
    headers = [(b"content-length", b"2"), (b"Connection", b"keep-alive")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def answer(path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def ask() -> None:
        await closing_while_draining(product)({"path": path}, None, send)

    asyncio.run(ask())
    return sent[0]["status"], sent[0]["headers"], sent[1]["body"]


@pytest.fixture
def draining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that would say so, which is not there yet."""
    file = tmp_path / "draining.1"
    monkeypatch.setenv(DRAINING_FILE, str(file))
    return file


@pytest.mark.parametrize("path", ["/account", READY])
def test_one_that_goes_on_answers_as_ever(path: str, draining: Path) -> None:
    assert answer(path) == (200, [(b"content-length", b"2"), (b"Connection", b"keep-alive")], b"ok")


def test_one_that_nobody_supervises_never_drains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DRAINING_FILE, raising=False)
    assert answer(READY)[0] == 200


def test_one_that_is_about_to_end_still_answers_and_closes(draining: Path) -> None:
    draining.touch()
    assert answer("/account") == (200, [(b"content-length", b"2"), (b"connection", b"close")], b"ok")


def test_one_that_is_about_to_end_is_not_ready(draining: Path) -> None:
    draining.touch()
    status, headers, body = answer(READY)
    assert (status, dict(headers)[b"connection"]) == (503, b"close")
    assert b"draining" in body
    assert dict(headers)[b"content-length"] == str(len(body)).encode()
