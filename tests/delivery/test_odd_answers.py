"""Whatever bytes come back, a request ends as an answer or as one of the known failures."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from applications.delivery.deadlines import Deadline
from applications.delivery.failing import Failed
from applications.delivery.reading import MOST_READ, read_body, read_head
from applications.delivery.wire import Wire
from applications.rules.send_failures import Failure

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 100 Go on\r\n",
                b"HTTP/1.0 204\r\n",
                b"HTTP/1.1 99999999999999999999 X\r\n",
                b"\r\n",
                b"\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Transfer-Encoding: gzip, chunked\r\n",
                b"Content-Length: 3\r\n",
                b"Content-Length: 1_0\r\n",
                b"Content-Length: " + b"9" * 5000 + b"\r\n",
                b" folded\r\n",
                b"-0\r\n",
                b"2;x=y\r\nok\r\n",
                b"0\r\n",
                b"f" * 40 + b"\r\n",
            ]
        ),
        st.binary(max_size=40),
    ),
    max_size=12,
)


def read(came: bytes) -> tuple[int | None, bytes, str]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(came)
        theirs.shutdown(socket.SHUT_WR)
        wire, pieces, status = Wire(ours, Deadline(5), MOST_READ), list[bytes](), None
        try:
            response = read_head(wire)
            status = response.status
            read_body(response, pieces)
        except Failed as failed:
            return status, b"".join(pieces), failed.failure
        return status, b"".join(pieces), ""


@given(st.one_of(LINES.map(b"".join), LINES.map(lambda lines: b"HTTP/1.1 200 OK\r\n" + b"".join(lines))))
def test_any_bytes_are_an_answer_or_a_known_failure(came: bytes) -> None:
    status, body, failure = read(came)
    assert failure in {"", Failure.PROTOCOL, Failure.CLOSED, Failure.TOO_LARGE}
    assert (status is not None) or failure
    assert len(body) <= len(came)
    if status is not None:
        assert 200 <= status < 1000
