"""The requests of a connection, as environs of WSGI (PEP 3333). llhttp reads the bytes, by its binding httptools.

The names of headers are seen here as they were sent, before "-" and "_" become one in the environ.
"""

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

import httptools
from django.core.exceptions import BadRequest

from config.exchanges import Exchange

# Also of fields after a body, and of a head that comes while a request is being answered.
MAX_HEAD_BYTES = 64 * 1024
# llhttp would take what follows such a head for another protocol, and a body for none. A server may ignore the field
# (RFC 9110 section 7.8); clients in Java send it with every first request.
UPGRADE = re.compile(rb"(\r\n)upgrade(?=:)", re.IGNORECASE)
ALWAYS: WSGIEnvironment = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
# Of a request that cannot be read.
NOTHING = {"REQUEST_METHOD": "", "PATH_INFO": "/", "QUERY_STRING": ""}


class NotHttp(BadRequest):
    """What came is no HTTP, or something that could be read in two ways."""


class HeadTooLong(BadRequest):
    """The head of a request, or what follows a body, is longer than MAX_HEAD_BYTES."""


class TooManyAtOnce(BadRequest):
    """A client has sent very many requests without waiting for an answer."""


type Take = Callable[[WSGIEnvironment, bool, BadRequest | None], Exchange]


class Parser:
    """Makes an Exchange of each request of a connection, by `take`.

    `take` is told whether the client wants to go on, and what is wrong where the request cannot be read. `ends` is
    what the environs of all requests of a connection have in common.
    """

    def __init__(self, ends: WSGIEnvironment, take: Take) -> None:
        self.ends, self.take = {**ALWAYS, **ends}, take
        self.exchange: Exchange | None = None  # whose body is still to come
        self.environ: WSGIEnvironment = {}
        self.in_head = False
        self.target = b""
        self.bytes_since = 0  # the end of a head, or a part of a body
        self.llhttp = httptools.HttpRequestParser(self)
        # What a client sends after it has said that its connection ends is nobody's: it is not looked at.
        self.llhttp.set_dangerous_leniencies(lenient_data_after_close=True)

    def feed(self, data: bytes) -> None:
        """Read what has come; raise NotHttp, HeadTooLong or TooManyAtOnce."""
        self.bytes_since += len(data)
        try:
            self.llhttp.feed_data(data if self.exchange else _without_upgrade(data))
        except httptools.HttpParserError as error:
            raise _fault_of(error) from error
        except httptools.HttpParserUpgrade:  # another protocol was asked for, and is not spoken here
            pass
        if self.bytes_since > MAX_HEAD_BYTES:
            raise HeadTooLong

    def refuse(self, fault: BadRequest) -> None:
        """Let the request that could not be read be refused in its turn; nothing more can be read."""
        if self.exchange is not None:
            self.exchange.break_off()
        else:
            self.take({**self.ends, **NOTHING, "wsgi.input": BytesIO()}, False, fault)

    # --- What llhttp calls -----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.environ, self.target, self.in_head = self.ends.copy(), b"", True

    def on_url(self, part: bytes) -> None:
        """Take a part of the request's target."""
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. Headers of one name are joined in their order (RFC 9110 section 5.3; cookies: RFC 6265).

        One whose name has an underscore is left out: it would stand for its namesake with a dash, which a proxy has
        set or checked. So are fields that follow a body in chunks: nobody has checked them.
        """
        if not self.in_head or not (variable := _variable(name)):
            return
        text = value.decode("latin-1")
        if variable in self.environ:
            separator = "; " if variable == "HTTP_COOKIE" else ","
            text = f"{self.environ[variable]}{separator}{text}"
        self.environ[variable] = text

    def on_headers_complete(self) -> None:
        """Hand over the request, whose head is whole now."""
        environ, llhttp = self.environ, self.llhttp
        path, query = _path_and_query(self.target)
        environ["REQUEST_METHOD"] = llhttp.get_method().decode("ascii")
        environ["PATH_INFO"], environ["QUERY_STRING"] = path, query
        environ["wsgi.input"] = BytesIO()
        if old := llhttp.get_http_version() != "1.1":
            environ["SERVER_PROTOCOL"] = f"HTTP/{llhttp.get_http_version()}"
        if llhttp.should_upgrade() and ("CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ):
            raise ValueError("The body would not be read: UPGRADE has not found the field.")
        self.in_head, self.bytes_since = False, 0
        self.exchange = self.take(environ, not old and llhttp.should_keep_alive(), None)

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self.bytes_since = 0
        if self.exchange is not None:
            self.exchange.add(part)

    def on_message_complete(self) -> None:
        """End the request."""
        if self.exchange is not None:
            self.exchange.end()
            self.exchange = None


def _fault_of(error: httptools.HttpParserError) -> BadRequest:
    """Return what was raised while llhttp called back; else it was llhttp that could not read on."""
    raised = error.__context__
    return raised if isinstance(raised, BadRequest) else NotHttp()


def _without_upgrade(data: bytes) -> bytes:
    """Return what has come, its first head without the field Upgrade."""
    if not UPGRADE.search(data):
        return data
    head, end, body = data.partition(b"\r\n\r\n")
    return UPGRADE.sub(rb"\1x-upgrade", head) + end + body


def _path_and_query(target: bytes) -> tuple[str, str]:
    """Return path and query of a request's target (RFC 9112 section 3.2); bytes are latin-1, as PEP 3333 has them."""
    if target.startswith(b"/") and b"#" not in target:
        path, _question, query = target.partition(b"?")
    else:
        parsed = httptools.parse_url(target)
        path, query = parsed.path or b"/", parsed.query or b""
    path.decode("ascii")
    path = unquote_to_bytes(path) if b"%" in path else path
    return path.decode("latin-1"), query.decode("latin-1")


@lru_cache(maxsize=1024)
def _variable(name: bytes) -> str:
    """Return the name that a header has in the environ; nothing for one that must not be there."""
    if b"_" in name:
        return ""
    variable = name.decode("latin-1").upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
