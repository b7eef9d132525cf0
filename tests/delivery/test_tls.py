"""TLS: the certificate must be good for the host of the URL, whatever address it is at."""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from applications.delivery import wire
from applications.delivery.sender import Answer, send
from tests.delivery.certificates import Authority, make_authority
from tests.delivery.receivers import GOOD, NameServer, Receiver, answering, receiver

HOST = "hooks.example.com"
pytestmark = pytest.mark.usefixtures("development")


@pytest.fixture(autouse=True)
def known(names: NameServer) -> None:
    """The host is on this machine."""
    names.knows(HOST, ["127.0.0.1"])


def post(there: Receiver, host: str = HOST) -> Answer:
    return send(url=f"https://{host}:{there.port}/hook", body=b"{}", headers={})


def test_a_good_certificate_and_the_name_is_told(trusted: Authority) -> None:
    context, told = trusted.context(HOST), list[str | None]()
    context.sni_callback = lambda _connection, name, _context: told.append(name)
    with receiver(answering(GOOD), tls=context) as there:
        answer = post(there)
    assert (answer.status, answer.body, answer.error) == (200, b"ok", "")
    assert told == [HOST]
    assert f"Host: {HOST}:{there.port}\r\n".encode() in there.requests[0]


def test_a_dot_at_the_end_of_the_host_is_not_told(trusted: Authority) -> None:
    with receiver(answering(GOOD), tls=trusted.context(HOST)) as there:
        assert post(there, f"{HOST.upper()}.").is_success


@pytest.mark.parametrize(
    "fault", ["another name", "expired", "another authority", "self-signed", "not trusted"]
)
def test_a_bad_certificate_is_told_nothing(
    fault: str, authority: Authority, trusted: Authority, tmp_path: Path
) -> None:
    contexts = {
        "another name": lambda: authority.context("other.example.com"),
        "expired": lambda: authority.context(HOST, days=-1),
        "another authority": lambda: make_authority(tmp_path).context(HOST),
        "self-signed": lambda: self_signed(make_authority(tmp_path)),
        "not trusted": lambda: authority.context("127.0.0.1"),
    }
    with receiver(answering(GOOD), tls=contexts[fault]()) as there:
        answer = post(there)
        assert there.requests == []
    assert (answer.status, answer.error) == (None, "tls")


def self_signed(authority: Authority) -> ssl.SSLContext:
    """The TLS of a server that shows an authority's own certificate."""
    context = authority.context(HOST)
    chain = authority.folder / "own.pem"
    chain.write_bytes(authority.key_in_pem() + authority.file.read_bytes())
    context.load_cert_chain(chain)
    return context


def test_what_is_no_tls_at_all(trusted: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _peer = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = post(Receiver(listening.getsockname()[1]))
        thread.join(5)
    assert (answer.status, answer.error) == (None, "tls")


def test_old_versions_are_refused(trusted: Authority) -> None:
    assert wire.tls().minimum_version == ssl.TLSVersion.TLSv1_2
    assert wire.tls().check_hostname
    assert wire.tls().verify_mode == ssl.CERT_REQUIRED


def test_a_handshake_that_drips_ends_at_the_deadline(trusted: Authority, hurried: float) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _peer = listening.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KB, which comes a byte at a time
                while not stop.wait(hurried / 8):
                    connection.sendall(b"\x02")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        began = time.monotonic()
        answer = post(Receiver(listening.getsockname()[1]))
        took = time.monotonic() - began
        stop.set()
        thread.join(5)
    assert (answer.status, answer.error) == (None, "timeout")
    assert took < hurried + 0.5


def test_a_body_that_drips_inside_tls_ends_at_the_deadline(trusted: Authority, hurried: float) -> None:
    stop = threading.Event()
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    behaviour = answering(start, *[b"x"] * 200, every=hurried / 8, stop=stop)
    with receiver(behaviour, tls=trusted.context(HOST)) as there:
        began = time.monotonic()
        answer = post(there)
        took = time.monotonic() - began
        stop.set()
    assert (answer.status, answer.error) == (200, "timeout")
    assert took < hurried + 0.5


def test_authorities_are_read_once(trusted: Authority) -> None:
    with receiver(answering(GOOD), tls=trusted.context(HOST)) as there:
        assert [post(there).status for _number in range(3)] == [200, 200, 200]
    assert wire.tls.cache_info().misses == 1
