"""One request to a receiver that is good, odd, slow or hostile: it ends at its deadline, and after 64 KB."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from applications.delivery import sender
from applications.delivery.reading import MOST_READ
from applications.delivery.sender import SECONDS, USER_AGENT, Answer, send
from applications.rules.send_failures import SENTENCES, Failure
from tests.delivery.receivers import GOOD, Receiver, answering, receiver

pytestmark = pytest.mark.usefixtures("development")
BODY = b'{"event":"dlr_update","data":[]}'
OK = b"HTTP/1.1 200 OK\r\n"


def post(url: str, body: bytes = BODY, **headers: str) -> Answer:
    return send(url=url, body=body, headers={"Content-Type": "application/json", **headers})


def sent_to(*pieces: bytes, body: bytes = BODY) -> Answer:
    """What a receiver is taken to have answered, that sent these pieces."""
    with receiver(answering(*pieces)) as there:
        return post(there.url, body)


def short(answer: Answer) -> tuple[int | None, bytes, str]:
    return answer.status, answer.body, answer.error


def test_the_request_is_ours_and_nothing_else_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiver(answering(GOOD)) as there:
        answer = send(url=f"{there.url}?a=%C3%A9&b", body=BODY, headers={"webhook-id": "msg_1"})
    assert short(answer) == (200, b"ok", "")
    assert answer.is_success
    assert answer.peer == f"127.0.0.1:{there.port}"
    assert answer.headers == (("Content-Length", "2"),)
    head, _blank, body = there.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    assert head.decode().split("\r\n") == [
        "POST /hook?a=%C3%A9&b HTTP/1.1",
        f"Host: 127.0.0.1:{there.port}",
        f"User-Agent: {USER_AGENT}",
        "webhook-id: msg_1",
        f"Content-Length: {len(BODY)}",
        "Connection: close",
    ]


def test_without_a_path_the_root_is_called() -> None:
    with receiver(answering(GOOD)) as there:
        post(f"http://127.0.0.1:{there.port}")
        post(f"http://127.0.0.1:{there.port}?a=1")
    assert [request.split(b"\r\n")[0] for request in there.requests] == [
        b"POST / HTTP/1.1",
        b"POST /?a=1 HTTP/1.1",
    ]


def test_a_megabyte_arrives_whole() -> None:
    body = os.urandom(1_000_000)
    with receiver(answering(GOOD)) as there:
        assert post(there.url, body).is_success
    assert there.requests[0].endswith(body)


ANSWERS: dict[str, tuple[tuple[bytes, ...], tuple[int | None, bytes, str]]] = {
    "until it closes": ((OK + b"\r\nok",), (200, b"ok", "")),
    "HTTP/1.0": ((b"HTTP/1.0 200 OK\r\n\r\nok",), (200, b"ok", "")),
    "without a reason": ((b"HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n",), (201, b"", "")),
    "chunked": ((OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",), (200, b"ok", "")),
    "longer than announced": ((GOOD + b"HTTP/1.1 500 Wrong\r\n\r\n",), (200, b"ok", "")),
    "204 with a body": ((b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok",), (204, b"", "")),
    "compressed": (
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",),
        (200, b"\x1f\x8b\x08\x00", ""),
    ),
    "after 100": ((b"HTTP/1.1 100 Continue\r\n\r\n", GOOD), (200, b"ok", "")),
    "after 103 and 100": (
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Go\r\n\r\n" + GOOD,),
        (200, b"ok", ""),
    ),
    "a redirect": (
        (b"HTTP/1.1 307 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",),
        (307, b"", ""),
    ),
    "refused": ((b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone",), (410, b"gone", "")),
    "nothing": ((), (None, b"", "closed")),
    "half a status line": ((b"HTTP/1.1 20",), (None, b"", "protocol")),
    "breaks off in the headers": ((OK + b"Content-Len",), (None, b"", "closed")),
    "no end of the headers": ((OK + b"Content-Length: 0\r\n",), (None, b"", "closed")),
    "breaks off in the body": ((OK + b"Content-Length: 9\r\n\r\nok",), (200, b"ok", "closed")),
    "breaks off in a chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nok",), (200, b"ok", "closed")),
    "a bad chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nok",), (200, b"", "closed")),
    "a negative chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nok",), (200, b"ok", "closed")),
    "a negative length": ((OK + b"Content-Length: -5\r\n\r\nok",), (200, b"ok", "")),
    "garbage": ((b"\x00\xff" * 40 + b"\r\n\r\n",), (None, b"", "protocol")),
    "another protocol": ((b"SSH-2.0-OpenSSH_9.2\r\n",), (None, b"", "protocol")),
    "HTTP/2 at once": ((b"HTTP/2.0 200 OK\r\n\r\n",), (None, b"", "protocol")),
    "no number": ((b"HTTP/1.1 two hundred\r\n\r\n",), (None, b"", "protocol")),
    "a long line": ((OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",), (None, b"", "too_large")),
    "many lines": ((OK + b"X: x\r\n" * 101 + b"\r\n",), (None, b"", "too_large")),
    "many long lines": ((OK + (b"X: " + b"x" * 1000 + b"\r\n") * 90 + b"\r\n",), (None, b"", "too_large")),
    "interim answers for ever": ((b"HTTP/1.1 100 Go on\r\n\r\n" * 5000,), (None, b"", "too_large")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_made_of_an_answer(name: str) -> None:
    pieces, expected = ANSWERS[name]
    answer = sent_to(*pieces)
    assert short(answer) == expected
    assert answer.is_success == (expected[0] in range(200, 300) and not expected[2])


def test_characters_that_no_database_takes_are_replaced_in_headers() -> None:
    answer = sent_to(OK + b"X-Odd: a\x00b\x1b[31m\r\nContent-Length: 0\r\n\r\n")
    assert dict(answer.headers)["X-Odd"] == "a\ufffdb\ufffd[31m"


@pytest.mark.parametrize(
    ("header", "seconds"), [(b"120", 120), (b"999999", 86_400), (b"soon", None), (b"-5", None)]
)
def test_when_to_come_back(header: bytes, seconds: int | None) -> None:
    answer = sent_to(b"HTTP/1.1 503 Busy\r\nRetry-After: " + header + b"\r\nContent-Length: 0\r\n\r\n")
    assert (answer.status, answer.retry_after) == (503, seconds)


# --- Limits -----------------------------------------------------------------------------------------

ENDLESS = {
    "one long body": (b"\r\n", b"x" * 8192),
    "chunks": (b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "tiny chunks": (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
    "announced": (b"Content-Length: 99999999999\r\n\r\n", b"x" * 8192),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_body_is_cut_at_64_kb(name: str) -> None:
    start, piece = ENDLESS[name]
    with receiver(answering(OK + start, *[piece] * 10_000)) as there:
        answer = post(there.url)
    assert (answer.status, answer.error, answer.is_success) == (200, "", True)
    assert 9_000 < len(answer.body) <= MOST_READ
    assert set(answer.body) == {ord("x")}
    assert answer.milliseconds < 5000


DRIPS = {
    "the status line": (b"", b"H", None),
    "headers": (OK, b"X: y\r\n", None),
    "interim answers": (b"", b"HTTP/1.1 100 Go on\r\n\r\n", None),
    "the body": (OK + b"Content-Length: 500\r\n\r\n", b"x", 200),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 200),
}


@pytest.mark.parametrize("name", DRIPS)
def test_a_receiver_that_drips_is_left_at_the_deadline(name: str, hurried: float) -> None:
    start, drop, status = DRIPS[name]
    stop = threading.Event()
    with receiver(answering(start or drop, *[drop] * 200, every=hurried / 8, stop=stop)) as there:
        began = time.monotonic()
        answer = post(there.url)
        took = time.monotonic() - began
        stop.set()
    assert (answer.status, answer.error, answer.is_success) == (status, "timeout", False)
    assert hurried * 0.9 < took < hurried + 0.5
    assert answer.milliseconds == pytest.approx(took * 1000, abs=100)
    assert (len(answer.body) > 2) == (status is not None)  # what came is kept for the log


def test_everything_has_ten_seconds_and_is_measured_from_the_start() -> None:
    assert SECONDS == 10
    stop = threading.Event()
    with receiver(answering(b"", GOOD, every=0.15, stop=stop)) as there:
        assert 140 < post(there.url).milliseconds < 2000


@pytest.fixture
def deaf() -> Iterator[Receiver]:
    """One that takes connections and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        yield Receiver(listening.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_reads_nothing_holds_us_no_longer(scheme: str, deaf: Receiver, hurried: float) -> None:
    began = time.monotonic()
    answer = post(deaf.url.replace("http", scheme, 1), os.urandom(8_000_000))
    assert short(answer) == (None, b"", "timeout")
    assert time.monotonic() - began < hurried + 0.5


def test_an_answer_before_the_body_is_read_counts() -> None:
    def answer_at_once(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _peer = listening.accept()
            with connection:
                answer_at_once(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = post(f"http://127.0.0.1:{listening.getsockname()[1]}/", os.urandom(100_000))
        thread.join(5)
    assert answer.status == 413


def test_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    answer = post(f"http://127.0.0.1:{port}/")
    assert (*short(answer), answer.peer) == (None, b"", "connect", "")


def test_no_connection_stays_open_whatever_came_of_it(hurried: float) -> None:
    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    stop = threading.Event()
    behaviours = [answering(GOOD), answering(b"garbage"), answering(), answering(OK, OK, every=9, stop=stop)]
    before = opened()
    for behaviour in behaviours:
        with receiver(behaviour) as there:
            post(there.url)
            post(there.url.replace("http", "https"))
            stop.set()
    post("http://127.0.0.1:1/")
    assert opened() == before


def test_many_at_once() -> None:
    answers: list[Answer] = []
    with receiver(answering(GOOD)) as there:
        threads = [
            threading.Thread(target=lambda: answers.extend(post(there.url) for _ in range(10)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert [short(answer) for answer in answers] == [(200, b"ok", "")] * 80


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Odd", "a\r\nX-More: b"),
        ("X-Odd", "a\nb"),
        ("X-Odd\r\nX-More", "a"),
        ("X Odd", "a"),
        ("", "a"),
        ("X-Odd", "é"),
        ("Host", "127.0.0.1"),
        ("content-length", "3"),
        ("user-agent", "curl"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_a_header_that_would_be_another_request_is_our_own_mistake(name: str, value: str) -> None:
    with receiver(answering(GOOD)) as there:
        with pytest.raises(ValueError, match="cannot be sent"):
            send(url=there.url, body=BODY, headers={name: value})
        assert there.connections == 0


def test_every_failure_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Failure)
    assert str(int(sender.SECONDS)) in str(SENTENCES[Failure.TIMEOUT])
