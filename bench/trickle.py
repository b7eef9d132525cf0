"""Clients that send a body one byte a second, beside a load: they should cost it nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CLIENTS = 200
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 60000\r\n\r\n"
)


@contextmanager
def trickling(url: str, clients: int = CLIENTS) -> Iterator[None]:
    """Keep so many slow clients at `url` while the block runs; one that is refused comes again."""
    stop = threading.Event()
    thread = threading.Thread(target=_trickle, args=(url, clients, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _trickle(url: str, clients: int, stop: threading.Event) -> None:
    sockets = [_begin(url) for _client in range(clients)]
    while not stop.wait(1):
        for place, client in enumerate(sockets):
            try:
                client.sendall(b"a")
            except OSError:
                client.close()
                sockets[place] = _begin(url)
    for client in sockets:
        with suppress(OSError):
            client.close()


def _begin(url: str) -> socket.socket:
    target = urlsplit(url)
    client = socket.create_connection((str(target.hostname), target.port or 80), timeout=5)
    client.sendall(HEAD.format(path=target.path, host=target.netloc).encode())
    return client
