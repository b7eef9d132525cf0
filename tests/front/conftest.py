"""A served product that gives a body two seconds, a client of it, and requests as bytes."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.servers import Served

SECONDS = 2.0  # for a body
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
GRANT = b"grant_type=client_credentials"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: str
    body: bytes


@dataclass(frozen=True)
class Front:
    """The served product, and an application of it that may do everything."""

    served: Served
    application_id: str
    secret: str
    token: str
    key: str

    @property
    def port(self) -> int:
        return urlsplit(self.served.url).port or 0

    @property
    def basic(self) -> str:
        pair = base64.b64encode(f"{self.application_id}:{self.secret}".encode()).decode()
        return f"Authorization: Basic {pair}"

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def head(self, what: str, *lines: str) -> bytes:
        """The head of a request of HTTP/1.1."""
        return "\r\n".join([f"{what} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode("latin-1")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, head: bytes, *parts: bytes) -> Answer:
        """Send the parts of a request, each for itself, and return the answer."""
        with self.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(head)
            for part in parts:
                time.sleep(0.01)
                connection.sendall(part)
            return read(connection)

    def chunked(self, what: str, *lines: str, body: bytes = b"", kind: str = JSON) -> Answer:
        """Send a body in chunks of seven bytes."""
        head = self.head(what, *lines, f"Content-Type: {kind}", "Transfer-Encoding: chunked")
        return self.send(head, *chunks(body, 7))

    def ask(self) -> int:
        """Ask for a token and return the status of the answer."""
        return self.send(
            self.head(
                "POST /oauth/token", self.basic, f"Content-Type: {FORM}", f"Content-Length: {len(GRANT)}"
            ),
            GRANT,
        ).status


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    """The body in chunks (RFC 9112 section 7.1), and the empty one that ends it."""
    for start in range(0, len(body), size):
        chunk = body[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def read(connection: socket.socket) -> Answer:
    """Return the answer that comes over a connection; it has a Content-Length."""
    stream = connection.makefile("rb")
    status = int(stream.readline().split()[1])
    head = ""
    while (line := stream.readline().decode("latin-1").strip()) != "":
        head += f"{line.lower()}\n"
    length = next(
        (line.split(":")[1] for line in head.splitlines() if line.startswith("content-length")), "0"
    )
    return Answer(status, head, stream.read(int(length)))


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    served = Served(
        tmp_path_factory.mktemp("front"), BODY_SECONDS=str(SECONDS), TRUSTED_PROXIES="127.0.0.9/32"
    )
    try:
        served.manage("create_account", "Front", "--owner", "owner@front.example")
        scopes = ["--scopes", "sms groups account applications", "--json"]
        made = json.loads(served.manage("create_application", "--account", "Front", *scopes))
        key = json.loads(served.manage("create_api_key", "--account", "Front", "--json"))["api_key"]
        client = Front(served, made["application_id"], made["application_secret"], "", key)
        answer = client.chunked("POST /oauth/token", client.basic, body=GRANT, kind=FORM)
        assert answer.status == 200, answer
        token = json.loads(answer.body)["access_token"]
        yield Front(served, client.application_id, client.secret, token, key)
    finally:
        served.stop()
