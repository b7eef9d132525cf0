"""A connection on which every wait ends at one deadline, and what is read at one number of bytes."""

import io
import socket
import ssl
from collections.abc import Buffer, Sequence
from functools import lru_cache
from typing import Final

from applications.delivery.deadlines import Deadline
from applications.delivery.names import Address

MOST_ADDRESSES: Final = 4  # of one name that are tried; all of them were checked
PIECE: Final = 64 * 1024  # bytes sent at a time


class TooMuch(Exception):
    """More was sent back than is read."""


class _Reads(io.RawIOBase):
    """Reads from the socket: each takes at most what is left of the deadline, and of `budget` bytes."""

    def __init__(self, connection: socket.socket, deadline: Deadline, budget: int) -> None:
        super().__init__()
        self._connection, self._deadline, self._budget = connection, deadline, budget
        self.has_ended = False

    def readable(self) -> bool:
        """As the reader around it asks."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read once. Raises TimeoutError at the deadline, TooMuch when the budget is used up."""
        if self._budget <= 0:
            raise TooMuch
        self._connection.settimeout(self._deadline.remaining())
        count = self._connection.recv_into(memoryview(buffer)[: self._budget])
        self._budget -= count
        self.has_ended = count == 0
        return count


class _Reader(io.BufferedReader):
    def close(self) -> None:
        """Do nothing: an interim answer that is thrown away must not close what the next one is read from."""


class Wire:
    """What http.client needs of a socket; `budget` is how many bytes are read from it at most."""

    def __init__(self, connection: socket.socket, deadline: Deadline, budget: int) -> None:
        self._connection, self._deadline = connection, deadline
        self._reads = _Reads(connection, deadline, budget)
        self._reader = _Reader(self._reads)

    @property
    def has_ended(self) -> bool:
        """Whether a read found that the other side has closed."""
        return self._reads.has_ended

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the one reader, however often it is asked for: an interim answer may have read ahead of its end."""
        return self._reader

    def send_all(self, request: bytes) -> None:
        """Send everything before the deadline, or raise TimeoutError."""
        left = memoryview(request)
        while left:
            self._connection.settimeout(self._deadline.remaining())
            left = left[self._connection.send(left[:PIECE]) :]


def connect(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first address that takes one. Raises OSError when none does.

    Each address has its share of the time that is left, so that a dead one does not use up that of the others.
    """
    tried = addresses[:MOST_ADDRESSES]
    for place, address in enumerate(tried):
        share = deadline.remaining() / (len(tried) - place)
        try:
            return open_socket(address, port, share)
        except OSError:
            if place == len(tried) - 1:
                raise
    raise OSError("no address")


def open_socket(address: Address, port: int, seconds: float) -> socket.socket:
    """Connect to this very address: no name is looked up here."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


def secured(connection: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """Return the connection inside TLS, the certificate verified for `host`; an OSError otherwise.

    The connection is closed when it raises.
    """
    try:
        wrapped = tls().wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        connection.close()
        raise
    try:
        wrapped.settimeout(deadline.remaining())  # of the whole handshake, not of each read in it
        wrapped.do_handshake()
    except BaseException:
        wrapped.close()
        raise
    return wrapped


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    """The one context of the process: to make one, all authorities of the machine are read."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
