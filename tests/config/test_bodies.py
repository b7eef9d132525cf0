"""Reading the body of a request: how much, how long, and what its end may be. No server."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from pytest_django import Settings

from config import bodies
from config.bodies import BodyBrokeOff, BodyTooSlow
from config.exchanges import Exchange

type Parts = list[tuple[bytes, bool]]


class Sender:
    """The connection to a client that sends the next of these parts when more is read, and then waits or goes away."""

    def __init__(self, parts: Parts, *, goes: bool = False) -> None:
        self.parts, self.goes, self.taken = list(parts), goes, 0
        self.exchange: Exchange

    def begin(self, **environ: str) -> Exchange:
        """Return the request, of whose body nothing has come yet."""
        self.exchange = Exchange(self, {"PATH_INFO": "/oauth/token", **environ}, keeps=True)  # type: ignore[arg-type]
        return self.exchange

    def read_on(self, *, reads: bool) -> None:
        """Let the next part come in a moment."""
        assert reads
        asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        if self.parts:
            self.taken += 1
            body, more = self.parts.pop(0)
            self.exchange.add(body)
            if not more:
                self.exchange.end()
        elif self.goes:
            self.exchange.break_off(is_gone=True)


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    settings.BODY_SECONDS = 0.05


def read(sender: Sender, length: int | None = None) -> bytes:
    head = {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
    return asyncio.run(bodies.read(sender.begin(**head)))


@pytest.mark.parametrize(
    ("environ", "follows"),
    [
        ({}, False),
        ({"CONTENT_LENGTH": "0"}, False),
        ({"CONTENT_LENGTH": "1"}, True),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, True),
        ({"CONTENT_LENGTH": "0", "HTTP_TRANSFER_ENCODING": "chunked"}, True),
    ],
)
def test_the_head_says_whether_a_body_follows(environ: dict[str, str], follows: bool) -> None:
    assert bodies.has_body(environ) is follows


@pytest.mark.parametrize("length", [None, 5])
@pytest.mark.parametrize("parts", [[(b"hello", False)], [(b"he", True), (b"", True), (b"llo", False)]])
def test_a_body_is_read_whole_however_it_is_cut(parts: Parts, length: int | None) -> None:
    assert read(Sender(parts), length) == b"hello"


def test_a_body_of_the_size_that_is_allowed_is_read() -> None:
    assert read(Sender([(b"x" * 10, False)])) == b"x" * 10
    assert read(Sender([(b"x" * 10, False)]), 10) == b"x" * 10


def test_a_length_that_is_too_large_is_refused_before_anything_is_read() -> None:
    sender = Sender([(b"x" * 11, False)])
    with pytest.raises(RequestDataTooBig):
        read(sender, 11)
    assert sender.taken == 0


def test_chunks_are_refused_as_soon_as_they_are_too_many() -> None:
    sender = Sender([(b"x" * 6, True)] * 100)
    with pytest.raises(RequestDataTooBig):
        read(sender)
    assert sender.taken == 2


@pytest.mark.parametrize("parts", [[], [(b"he", True)]])
def test_a_body_that_does_not_come_in_time_is_too_slow(parts: Parts) -> None:
    with pytest.raises(BodyTooSlow):
        read(Sender(parts), 5)


def test_a_client_that_goes_away_has_broken_off() -> None:
    with pytest.raises(BodyBrokeOff):
        read(Sender([(b"he", True)], goes=True), 5)


# --- After a refusal ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "taken"),
    [
        (Sender([(b"x", True), (b"x", False), (b"x", False)]), 2),
        (Sender([(b"x", True)], goes=True), 1),
        (Sender([(b"x", True)]), 1),  # it waits, and is left after BODY_SECONDS
    ],
)
def test_the_rest_of_a_refused_body_is_read_as_far_as_it_comes(sender: Sender, taken: int) -> None:
    asyncio.run(bodies.drain(sender.begin()))
    assert sender.taken == taken


def test_no_more_than_so_much_of_a_refused_body_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BYTES_DRAINED", 100)
    sender = Sender([(b"x" * 60, True)] * 10)
    asyncio.run(bodies.drain(sender.begin()))
    assert sender.taken == 2


# --- What the application is given --------------------------------------------------------------


def test_the_application_sees_the_body_and_nothing_of_how_it_came() -> None:
    environ: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked"}
    bodies.set_body(environ, b"hello")
    assert environ.pop("wsgi.input").read() == b"hello"
    assert environ == {"CONTENT_LENGTH": "5"}


def test_of_a_body_that_is_too_large_the_application_sees_the_length_alone() -> None:
    environ: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked"}
    bodies.set_length_alone(environ)
    assert environ["wsgi.input"].read() == b""
    assert environ["CONTENT_LENGTH"] == "11"


@pytest.mark.parametrize(("sent", "length"), [(b"hello", "5"), (b"x" * 30, "11")])
def test_chunks_that_another_server_has_decoded_are_given_a_length(sent: bytes, length: str) -> None:
    environ: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    environ |= {"wsgi.input": BytesIO(sent), "PATH_INFO": "/oauth/token"}
    bodies.read_chunked(environ)
    assert environ["CONTENT_LENGTH"] == length
    assert environ["wsgi.input"].read() == sent[:11]


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"wsgi.input_terminated": True},
        {"wsgi.input_terminated": True, "CONTENT_LENGTH": "5", "HTTP_TRANSFER_ENCODING": "chunked"},
    ],
)
def test_any_other_body_is_left_as_it_is(environ: dict[str, Any]) -> None:
    before = dict(environ)
    bodies.read_chunked(environ)
    assert environ == before
