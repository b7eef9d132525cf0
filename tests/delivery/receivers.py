"""Other people's machines: a receiver that answers byte for byte what a test says, and a name server."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType

type Behaviour = Callable[[socket.socket], None]

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """What came to it; `requests` are whole ones, as bytes."""

    port: int
    address: str = "127.0.0.1"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}/hook"


def answering(*pieces: bytes, every: float = 0.0, stop: threading.Event | None = None) -> Behaviour:
    """Send these pieces, with so many seconds before each but the first."""

    def behave(connection: socket.socket) -> None:
        for place, piece in enumerate(pieces):
            if place and every and (stop or threading.Event()).wait(every):
                return
            connection.sendall(piece)

    return behave


@contextmanager
def receiver(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """Take connections, read a whole request from each, then behave; the connection is closed after that."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.create_server((address, 0), family=family)
    made = Receiver(listening.getsockname()[1], address)
    thread = threading.Thread(target=_serve, args=(listening, made, behaviour, tls), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
        assert not thread.is_alive()


def _serve(
    listening: socket.socket, made: Receiver, behaviour: Behaviour, tls: ssl.SSLContext | None
) -> None:
    while True:
        try:
            raw, _peer = listening.accept()
        except OSError:
            return
        made.connections += 1
        raw.settimeout(10)
        with contextlib.suppress(OSError), raw, _inside(raw, tls) as connection:
            made.requests.append(read_request(connection))
            behaviour(connection)


def _inside(raw: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(raw, server_side=True) if tls else raw


def read_request(connection: socket.socket) -> bytes:
    """Return one request with a Content-Length, or what came before the connection ended."""
    came = b""
    while b"\r\n\r\n" not in came:
        if not (piece := connection.recv(65536)):
            return came
        came += piece
    head, _blank, body = came.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


@dataclass
class NameServer:
    """Answers by name and kind ("A", "AAAA"): what each question in turn is answered, the last one from then on."""

    port: int
    zone: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    is_silent: bool = False

    def knows(self, name: str, *answers: list[str], kind: str = "A") -> None:
        """Answer the first question with the first of `answers`, and so on."""
        self.zone[name, kind] = list(answers)

    def _next(self, name: str, kind: str) -> list[str]:
        answers = self.zone.get((name, kind), [])
        return answers.pop(0) if len(answers) > 1 else answers[0] if answers else []

    def answer(self, wire: bytes) -> bytes | None:
        """Return the answer to a question, None for silence."""
        asked = dns.message.from_wire(wire)
        question = asked.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), RdataType.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.is_silent:
            return None
        answer = dns.message.make_response(asked, recursion_available=True)
        for alias in self._next(name, "CNAME"):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "CNAME", f"{alias}."))
            name = alias
        if texts := self._next(name, kind):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, *texts))
        elif name not in {known for known, _kind in self.zone}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


@contextmanager
def name_server() -> Iterator[NameServer]:
    """A real one, on a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        made = NameServer(listening.getsockname()[1])
        stop = threading.Event()
        thread = threading.Thread(target=_answer, args=(listening, made, stop), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            stop.set()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", made.port))
            thread.join(5)


def _answer(listening: socket.socket, made: NameServer, stop: threading.Event) -> None:
    while not stop.is_set():
        wire, peer = listening.recvfrom(4096)
        if wire and (answer := made.answer(wire)):
            listening.sendto(answer, peer)
