"""Reading an answer: its head, and as much of its body as is kept."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException, HTTPResponse, IncompleteRead, LineTooLong, RemoteDisconnected
from typing import Final, cast

from applications.delivery.failing import failing
from applications.delivery.wire import TooMuch, Wire
from applications.rules.send_failures import Failure

MOST_READ: Final = 64 * 1024  # bytes of the answer, headers included


def read_head(wire: Wire) -> HTTPResponse:
    """Return the answer, its status and headers read. Raises Failed."""
    with (
        failing(Failure.PROTOCOL, HTTPException),
        failing(Failure.TOO_LARGE, TooMuch, LineTooLong),
        failing(Failure.CLOSED, OSError),  # RemoteDisconnected is one
        _too_many_headers(),
    ):
        return _final(wire)


def _final(wire: Wire) -> HTTPResponse:
    """The answer itself, after any interim ones, such as 100 and 103."""
    while True:
        response = HTTPResponse(cast(socket.socket, wire), method="POST")
        with ExitStack() as unfinished:
            unfinished.callback(response.close)
            response.begin()
            if wire.has_ended:  # before the empty line; http.client takes that for the end of the headers
                raise RemoteDisconnected("no end of the headers")
            if not 100 <= response.status < 200:
                unfinished.pop_all()
                return response


@contextmanager
def _too_many_headers() -> Iterator[None]:
    """http.client tells more than 100 headers by its general exception."""
    try:
        yield
    except HTTPException as error:
        if type(error) is HTTPException:
            raise TooMuch from error
        raise


def read_body(response: HTTPResponse, pieces: list[bytes]) -> None:
    """Put what comes of the body into `pieces`, at most MOST_READ bytes; the rest is left unread. Raises Failed."""
    with response, failing(Failure.PROTOCOL, HTTPException), failing(Failure.CLOSED, OSError, IncompleteRead):
        _read_pieces(response, pieces)


def _read_pieces(response: HTTPResponse, pieces: list[bytes]) -> None:
    announced = response.length
    left = MOST_READ if announced is None else min(announced, MOST_READ)
    try:
        while left > 0 and (piece := response.read1(left)):
            pieces.append(piece)
            left -= len(piece)
    except TooMuch:
        return
    if announced is not None and left > 0:
        raise IncompleteRead(b"")
