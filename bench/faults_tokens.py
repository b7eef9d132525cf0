"""Many tokens at a time, and tokens beside revocations."""

import base64
import json
import os
import selectors
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bench.faults_stage import Row, Stage
from bench.keep_alive import Connection
from tests.reliability.test_store import workers

TOKENS, AT_A_TIME = 10_000, 100
GRANT = "grant_type=client_credentials"

type Answer = tuple[int, bytes]


def many_tokens(stage: Stage) -> Iterator[Row]:
    """Ask for tokens over a hundred connections, then hold each against every worker."""
    request, began = _token_request(stage), time.monotonic()
    answers = _ask_all(_connect(stage, AT_A_TIME), [request] * TOKENS)
    seconds = time.monotonic() - began
    tokens = [json.loads(body)["access_token"] for status, body in answers if status == 200]
    errors, double = TOKENS - len(tokens), len(tokens) - len(set(tokens))
    checks = [_head(stage, "GET /account", f"Authorization: Bearer {token}") for token in tokens]
    connections = _by_worker(stage)
    dead = sum(status != 200 for each in connections.values() for status, _body in _ask_all(each, checks))
    found = f"{errors} errors, {double} duplicates, {dead} not valid on one of {len(connections)} workers;"
    yield Row(
        f"{TOKENS:,} token requests, {AT_A_TIME} at a time",
        "no error, no duplicate, each token valid on every worker",
        f"{found} {TOKENS / seconds:,.0f} tokens a second",
        not (errors or double or dead) and len(connections) == len(workers(stage.served)),
    )


def _head(stage: Stage, what: str, *lines: str) -> bytes:
    host = urlsplit(stage.served.url).netloc
    return "\r\n".join([f"{what} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def _token_request(stage: Stage) -> bytes:
    pair = f"{stage.client.application_id}:{stage.client.secret}".encode()
    lines = [f"Authorization: Basic {base64.b64encode(pair).decode()}", f"Content-Length: {len(GRANT)}"]
    kind = "Content-Type: application/x-www-form-urlencoded"
    return _head(stage, "POST /oauth/token", *lines, kind) + GRANT.encode()


def _connect(stage: Stage, number: int) -> list[Connection]:
    port = urlsplit(stage.served.url).port or 0
    return [Connection(("127.0.0.1", port), b"") for _number in range(number)]


def _ask_all(connections: Iterable[Connection], requests: Iterable[bytes]) -> list[Answer]:
    """Send the requests over the connections, each the next one as soon as it is answered; close them."""
    left, answers = iter(requests), list[Answer]()
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            _send_next(connection, left, selector)
        while selector.get_map():
            for key, _events in selector.select(30):
                if (status := key.data.receive()) is not None:
                    answers.append((status, key.data.received.partition(b"\r\n\r\n")[2]))
                    _send_next(key.data, left, selector)
    return answers


def _send_next(connection: Connection, left: Iterator[bytes], selector: selectors.BaseSelector) -> None:
    if request := next(left, None):
        connection.request = request
        connection.send()
    else:
        selector.unregister(connection.socket)
        connection.socket.close()


# --- Which worker a connection has come to -------------------------------------------------------


def _by_worker(stage: Stage) -> dict[int, list[Connection]]:
    """Connections by the worker that has accepted them: each has an own inode among its open files."""
    connections = _connect(stage, 16)
    _warm_up(stage, connections)
    inodes = _inodes(urlsplit(stage.served.url).port or 0)
    found: dict[int, list[Connection]] = {}
    for pid in workers(stage.served):
        files = _open_files(pid)
        for connection in connections:
            if f"socket:[{inodes[connection.socket.getsockname()[1]]}]" in files:
                found.setdefault(pid, []).append(connection)
    return found


def _warm_up(stage: Stage, connections: list[Connection]) -> None:
    """Ask once over each, so that each has been accepted."""
    for connection in connections:
        connection.request = _head(stage, "GET /health/live")
        connection.send()
        while connection.receive() is None:
            pass


def _inodes(port: int) -> dict[int, str]:
    """The inodes of the server's ends of connections to `port`, by the client's port."""
    found = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, own, peer, _state, *_rest, inode = line.split()[:10]
        if int(own.partition(":")[2], 16) == port:
            found[int(peer.partition(":")[2], 16)] = inode
    return found


def _open_files(pid: int) -> set[str]:
    names = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed in this moment
            names.add(os.readlink(file))
    return names
