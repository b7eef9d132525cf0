"""A load generator for machines without wrk: raw sockets, one event loop, one request in flight on each.

`python keep_alive.py JSON` prints how many answers were not as expected, and each latency in ms.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit


class Connection:
    """A kept-alive connection that sends the same bytes whenever the last answer is whole."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request

    def send(self) -> None:
        self.received, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(self.request)

    def receive(self) -> int | None:
        """Return the status once the answer is whole."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed a connection")
        self.received += piece
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or not _is_whole(head.lower(), body):
            return None
        return int(head[9:12])


def _is_whole(head: bytes, body: bytes) -> bool:
    if b"\r\ntransfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    _before, name, after = head.partition(b"\r\ncontent-length:")
    return len(body) >= (int(after.split(b"\r\n", 1)[0]) if name else 0)


def load(order: dict[str, Any]) -> dict[str, Any]:
    """Drive one address for the seconds ordered."""
    latencies, failed, began = list[float](), 0, time.perf_counter()
    with selectors.DefaultSelector() as selector, connected(order) as connections:
        for connection in connections:
            connection.send()
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        while (now := time.perf_counter()) < began + order["seconds"]:
            for key, _events in selector.select(1):
                if (status := key.data.receive()) is not None:
                    latencies.append((time.perf_counter() - key.data.sent_at) * 1000)
                    failed += status != order["status"]
                    key.data.send()
    return {"seconds": now - began, "failed": failed, "latencies": latencies}


@contextmanager
def connected(order: dict[str, Any]) -> Iterator[list[Connection]]:
    """Open the connections that are ordered, for as long as the block runs."""
    target, request = urlsplit(order["url"]), request_of(order)
    address = (str(target.hostname), target.port or 80)
    connections = [Connection(address, request) for _number in range(order["connections"])]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.socket.close()


def request_of(order: dict[str, Any]) -> bytes:
    """Return the bytes of the request that is ordered."""
    target = urlsplit(order["url"])
    body: bytes = order["body"].encode()
    path = target.path + (f"?{target.query}" if target.query else "")
    headers = {"Host": target.netloc, "Content-Length": str(len(body)), **order["headers"]}
    lines = [f"{order['method']} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return b"\r\n".join([*(line.encode() for line in lines), b"", body])


if __name__ == "__main__":
    print(json.dumps(load(json.loads(sys.argv[1]))))
