"""One request to a receiver of webhooks, under the rules of security.md 8 (docs/decisions/0031)."""

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Final

from django.utils.timezone import now

from applications.delivery.deadlines import Deadline
from applications.delivery.failing import Failed, failing
from applications.delivery.names import NotFound, Refused, allowed_addresses
from applications.delivery.reading import MOST_READ, read_body, read_head
from applications.delivery.wire import Wire, connect, secured
from applications.errors import InvalidParam
from applications.models.message_settings import callback_policy
from applications.rules.retry_after import parse_retry_after
from applications.rules.safe_urls import Destination, Policy, parse_url
from applications.rules.send_failures import Failure

SECONDS: Final = 10.0  # for everything: name, connection, TLS, request and answer
USER_AGENT: Final = "Latchkey-Webhooks/1.0"
_HEADER: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_OURS: Final = frozenset({"host", "user-agent", "content-length", "transfer-encoding", "connection"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request.

    peer          address and port that it was connected to, such as 203.0.113.80:443; "" without a connection
    status        None when no HTTP answer came
    body          at most 64 KB less the headers; it is cut there, which is no failure
    milliseconds  from the start to the last byte that was read
    error         "" when a whole answer came, else the code of a `Failure`. With "timeout", "closed" and "protocol"
                  there may be a status: the answer had begun
    retry_after   seconds, at most a day, by the Retry-After header in either form (RFC 9110 section 10.2.3)
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    milliseconds: int
    error: str
    retry_after: int | None
    peer: str

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the delivery: a whole answer with a status of 2xx."""
        return self.error == "" and self.status is not None and 200 <= self.status < 300


def send(*, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST `body` to `url` and return what came of it within 10 seconds; a failure is an answer too, not raised.

    The URL and every address of its host are checked now, whatever was checked when it was stored. No redirect is
    followed, and nothing of this process goes along: no proxy, cookie or password. `headers` has the Content-Type and
    what `signed_headers` returns; ValueError for one that cannot be sent.
    """
    fields, deadline, came = _fields(headers), Deadline(SECONDS), _Came()
    try:
        _exchange(url, fields, body, deadline, came)
    except Failed as failed:
        came.error = failed.failure
    return came.answer(deadline.milliseconds())


class _Came:
    """What has come so far, so that a failure loses none of it."""

    def __init__(self) -> None:
        self.response: HTTPResponse | None = None
        self.pieces: list[bytes] = []
        self.error = self.peer = ""

    def answer(self, milliseconds: int) -> Answer:
        """Return it as it is kept."""
        response = self.response
        return Answer(
            status=response.status if response else None,
            headers=_storable(response.getheaders()) if response else (),
            body=b"".join(self.pieces)[:MOST_READ],
            milliseconds=milliseconds,
            error=str(self.error),
            retry_after=parse_retry_after(response.getheader("Retry-After"), now()) if response else None,
            peer=self.peer,
        )


def _exchange(url: str, fields: str, body: bytes, deadline: Deadline, came: _Came) -> None:
    policy = callback_policy()
    with failing(Failure.REFUSED_URL, InvalidParam):
        place = parse_url(url, policy)
    head = f"POST {place.target} HTTP/1.1\r\nHost: {place.authority}\r\nUser-Agent: {USER_AGENT}\r\n{fields}"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with _connected(place, policy, deadline, came) as connection:
        wire = Wire(connection, deadline, MOST_READ)
        _write(wire, head.encode() + body)
        came.response = read_head(wire)
        read_body(came.response, came.pieces)


def _connected(place: Destination, policy: Policy, deadline: Deadline, came: _Came) -> socket.socket:
    with failing(Failure.REFUSED_ADDRESS, Refused), failing(Failure.DNS, NotFound):
        addresses = allowed_addresses(place.host, policy, deadline)
    with failing(Failure.CONNECT, OSError):
        connection = connect(addresses, place.port, deadline)
        came.peer = _shown(connection.getpeername())
    if not place.is_https:
        return connection
    with failing(Failure.TLS, OSError):  # ssl.SSLError is one
        return secured(connection, place.host, deadline)


def _shown(peer: tuple[str, int]) -> str:
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _fields(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        plain = value.isascii() and value.isprintable()
        if not plain or not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"the header {name!r} cannot be sent")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _write(wire: Wire, request: bytes) -> None:
    """Send the request. A receiver may answer before it has read all of it, and close: the answer is then there."""
    with failing(Failure.CLOSED):
        try:
            wire.send_all(request)
        except TimeoutError:
            raise
        except OSError:
            return


def _storable(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers without characters that no database takes or no page shows."""
    return tuple((_CONTROL.sub("\ufffd", name), _CONTROL.sub("\ufffd", value)) for name, value in headers)
