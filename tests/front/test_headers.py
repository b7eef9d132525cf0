"""Headers count by the names they were sent with, and together where there are several of one name."""

import re

import pytest

from tests.front.conftest import FORM, GRANT, Front, read


@pytest.mark.parametrize(
    ("name", "status"), [("X-API-KEY", 200), ("x-api-key", 200), ("X_API_KEY", 401), ("X-API_KEY", 401)]
)
def test_a_name_with_an_underscore_is_no_header_of_ours(front: Front, name: str, status: int) -> None:
    assert front.send(front.head("GET /account", f"{name}: {front.key}")).status == status


@pytest.mark.parametrize(
    "line", ["Content_Length: 5", "Transfer_Encoding: chunked", "Content_Type: text/plain"]
)
def test_nor_does_it_change_what_the_body_is(front: Front, line: str) -> None:
    length = f"Content-Length: {len(GRANT)}"
    assert (
        front.send(
            front.head("POST /oauth/token", front.basic, f"Content-Type: {FORM}", length, line), GRANT
        ).status
        == 200
    )


@pytest.mark.parametrize(
    ("what", "lines", "status"),
    [
        ("GET /account", ["{bearer}", "Host: localhost"], 400),
        ("GET /account", ["{bearer}", "{bearer}"], 401),
        ("GET /account", ["{bearer}", "X-API-KEY: \xff"], 400),
        ("GET /account", ["{bearer}", "X-Anything: \xff"], 200),
        ("GET /account%3F", ["{bearer}"], 404),
        ("GET /acc%6Funt?a=%ff", ["{bearer}"], 200),
        ("GET /account/%ff", ["{bearer}"], 404),
    ],
)
def test_what_is_odd_is_read_exactly(front: Front, what: str, lines: list[str], status: int) -> None:
    answer = front.send(front.head(what, *(line.format(bearer=front.bearer) for line in lines)))
    assert answer.status == status, answer


def test_two_lengths_in_one_request_end_the_connection(front: Front) -> None:
    """The HTTP server itself reads the chunks, and no other request after them (RFC 9112 section 6.3)."""
    framing = ["Content-Length: 4", "Transfer-Encoding: chunked"]
    with front.connect() as connection:
        connection.sendall(front.head("POST /oauth/token", front.basic, f"Content-Type: {FORM}", *framing))
        connection.sendall(b"0\r\n\r\n" + front.head("GET /account", front.bearer))
        assert read(connection).status == 400
        assert connection.recv(1) == b""


def test_head_and_empty_answers_have_no_body(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(front.head("HEAD /openapi.json") + front.head("GET /account", front.bearer))
        stream = connection.makefile("rb")
        assert stream.readline().startswith(b"HTTP/1.1 200")
        while stream.readline() != b"\r\n":
            pass
        assert stream.readline().startswith(b"HTTP/1.1 200")  # at once the next answer


def test_an_answer_says_when_it_was_made_and_not_by_what(front: Front) -> None:
    """RFC 9110 section 6.6.1. The name of a server helps those alone who look for one with a known weakness."""
    headers = front.send(front.head("GET /account", front.bearer)).headers
    assert re.search(r"^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt$", headers, re.MULTILINE)
    assert "server:" not in headers
