"""A gateway under test, the API behind it, and how clients call from different addresses."""

import http.client
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.servers import Served, stop, wait_until_answering

# Clients call from these, so that they can be told from the gateway, which calls from 127.0.0.1.
HOME, AWAY = "127.0.0.2", "127.0.0.3"


@dataclass(frozen=True)
class Answer:
    """A response; header names in lower case, `sent` has each as often as it came."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: tuple[str, ...] = ()

    @property
    def json(self) -> dict[str, Any]:
        members: dict[str, Any] = json.loads(self.body)
        return members


class Api(BaseHTTPRequestHandler):
    """The API: knows nothing of tokens, and answers 200 with the request that reached it."""

    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        """The base class looks for one method for each of HTTP's (`do_GET`)."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {"method": self.command, "path": self.path, "headers": headers}
        body = json.dumps({**seen, "body": self.rfile.read(length).decode()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@dataclass(frozen=True)
class Product:
    """The served product, with what an account of it holds."""

    served: Served
    account_id: str
    application_id: str
    secret: str
    token: str  # for groups
    restricted_token: str  # for groups, from HOME alone
    key: str  # an API key for groups and sms

    @property
    def port(self) -> int:
        return port_of(self.served)


@dataclass(frozen=True)
class Gateway:
    """A running gateway, and where it can be asked for the API."""

    port: int
    product: Product

    def get(self, path: str = "/groups", *, address: str = HOME, **headers: str) -> Answer:
        return call(self.port, path, address=address, **headers)

    def with_token(self, path: str = "/groups", *, address: str = HOME, **headers: str) -> Answer:
        return self.get(path, address=address, Authorization=f"Bearer {self.product.token}", **headers)


def port_of(served: Served) -> int:
    """Where the product listens itself."""
    return int(served.url.rsplit(":", 1)[1])


def call(
    port: int, path: str, *, method: str = "GET", body: str | None = None, address: str = HOME, **headers: str
) -> Answer:
    """Send one request from `address`; an underscore in a header's name stands for a dash."""
    dashed = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return send(port, path, dashed, method=method, body=body, address=address)


def send(
    port: int,
    path: str,
    headers: list[tuple[str, str]],
    *,
    method: str = "GET",
    body: str | None = None,
    address: str = HOME,
) -> Answer:
    """Send one request with exactly these headers, from `address`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(address, 0))
    try:
        connection.putrequest(method, path, skip_host=any(name == "Host" for name, _value in headers))
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        response = connection.getresponse()
        met = [(name.lower(), value) for name, value in response.getheaders()]
        return Answer(response.status, dict(met), response.read(), tuple(name for name, _value in met))
    finally:
        connection.close()


def start(command: list[str], folder: Path, port: int, **environment: str) -> subprocess.Popen[bytes]:
    """Start a gateway and wait until it answers; what it says goes to a file in `folder`."""
    output = folder / "output.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until_answering(f"http://127.0.0.1:{port}/", process)
    except AssertionError as error:
        stop(process)
        raise AssertionError(f"{error}\n{output.read_text()}") from error
    return process


def replaced(text: str, changes: dict[str, str]) -> str:
    """Return a deployed file with its addresses changed for the test; each has to be in it."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text
