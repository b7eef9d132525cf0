"""What becomes of the bytes of a request: an environ, and an exchange that takes the body."""

from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import BadRequest

from config.exchanges import Exchange
from config.parsing import NotHttp, Parser

ENDS = {"REMOTE_ADDR": "203.0.113.9", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000"}


def parsed(*parts: bytes) -> list[Exchange]:
    """Return what is made of the bytes of a connection."""
    made: list[Exchange] = []

    def take(environ: Any, keeps: bool, fault: BadRequest | None) -> Exchange:
        made.append(Exchange(Mock(), environ, keeps=keeps, fault=fault))
        return made[-1]

    parser = Parser(ENDS, take)
    for part in parts:
        parser.feed(part)
    return made


def test_headers_of_one_name_are_joined_in_their_order() -> None:
    lines = [
        b"Host: localhost",
        b"x-forwarded-for: \xff",
        b"Cookie: a=b",
        b"X_Forwarded_For: 192.0.2.1",
        b"X-Forwarded-For: 203.0.113.5",
        b"cookie: c=d",
        b"Content_Length: 7",
        b"Content-Type: text/plain",
    ]
    [made] = parsed(b"GET /oauth/t%C3%B6ken?a=b HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")
    environ = made.environ
    assert environ["HTTP_X_FORWARDED_FOR"] == "\xff,203.0.113.5"
    assert environ["HTTP_COOKIE"] == "a=b; c=d"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert "CONTENT_LENGTH" not in environ
    assert environ["PATH_INFO"] == "/oauth/tÃ¶ken"  # UTF-8 as latin-1 (PEP 3333)
    assert (environ["REMOTE_ADDR"], environ["QUERY_STRING"]) == ("203.0.113.9", "a=b")
    assert (environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"]) == ("GET", "HTTP/1.1")
    assert (made.is_whole, made.keeps) == (True, True)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", "/", ""),
        (b"/a?b?c", "/a", "b?c"),
        (b"/a%3Fb?c", "/a?b", "c"),
        (b"//a/../b", "//a/../b", ""),
        (b"/a#b?c", "/a", ""),
        (b"http://other.example/a?b", "/a", "b"),  # RFC 9112 section 3.2.2
        (b"http://other.example", "/", ""),
    ],
)
def test_the_target_is_a_path_and_a_query(target: bytes, path: str, query: str) -> None:
    [made] = parsed(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % target)
    assert (made.environ["PATH_INFO"], made.environ["QUERY_STRING"]) == (path, query)


@pytest.mark.parametrize("target", ["/ö", "a b", "http://[::1", "\x7f"])
def test_a_target_that_is_none_is_no_http(target: str) -> None:
    with pytest.raises(NotHttp):
        parsed(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


def test_every_byte_may_come_by_itself() -> None:
    sent = b"POST /a?b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nxyGET /c HTTP/1.0\r\n\r\n"
    first, second = parsed(*[sent[at : at + 1] for at in range(len(sent))])
    assert (first.environ["PATH_INFO"], first.environ["QUERY_STRING"], first.taken()) == ("/a", "b", b"xy")
    assert (first.is_whole, first.keeps) == (True, True)
    assert (second.environ["SERVER_PROTOCOL"], second.keeps) == ("HTTP/1.0", False)


def test_requests_of_one_connection_share_nothing() -> None:
    first, second = parsed(
        b"GET /a?b HTTP/1.1\r\nX-One: 1\r\n\r\n" + b"GET /c HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    assert "HTTP_X_ONE" not in second.environ
    assert second.environ["QUERY_STRING"] == ""
    assert first.environ["wsgi.input"] is not second.environ["wsgi.input"]


@pytest.mark.parametrize(
    ("body", "is_broken", "faults"),
    [
        (b"GET /a HTTP/1.1\r\n\r\nnonsense\r\n\r\n", [False, False], [False, True]),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", [True], [False]),
    ],
)
def test_what_cannot_be_read_is_refused_in_its_turn(
    body: bytes, is_broken: list[bool], faults: list[bool]
) -> None:
    """A request that was whole before is answered; one that was not breaks off."""
    made: list[Exchange] = []

    def take(environ: Any, keeps: bool, fault: BadRequest | None) -> Exchange:
        made.append(Exchange(Mock(), environ, keeps=keeps, fault=fault))
        return made[-1]

    parser = Parser(ENDS, take)
    with pytest.raises(NotHttp) as raised:
        parser.feed(body)
    parser.refuse(raised.value)
    assert [one.is_broken for one in made] == is_broken
    assert [one.fault is not None for one in made] == faults
    assert not made[-1].keeps or made[-1].is_broken
