"""The log's line of a request: one JSON object, made of what config/noting.py has noted.

No part of it is the client's own words, but for what has the one shape of a method, a trace or an ID: so it goes to
the log without a search for secrets, which would find the application's ID, and cost more than all the rest.
"""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from django.core.exceptions import BadRequest

from applications.authentication.address import address_of
from config.noting import Answered
from config.routes import route_of

# W3C Trace Context, section 3.2: version, trace, parent, flags. Later versions may have more after these.
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)
METHODS: Final = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
OTHER: Final = "other"
# Asked every few seconds by whoever watches the server.
NOT_LOGGED: Final = frozenset({"/health/live", "/health/ready"})
NOT_PROVEN: Final = 400  # from this status on, a claimed ID may be anything


def line_of(request: Answered) -> str:
    """Return the line, its end included. What comes again is encoded once; numbers, times and IDs need no encoding."""
    at = request.at
    return (
        '{"event": "request", "level": "info", "logger": "latchkey.requests", '
        f'"timestamp": "{_second(int(at))}.{int(at % 1 * 1e6):06d}Z", '
        f'"method": "{method_of(request.method)}", "route": {_quoted(route_of(request.path))}, '
        f'"status": {request.status}, "ms": {request.seconds * 1000:.1f}, '
        f'"address": {_address(request.peer, request.hops)}, "request_id": "{request.request_id}"'
        f"{_client(request.proven, request.claimed, request.status)}{_trace(request.traceparent)}}}\n"
    )


def method_of(method: str) -> str:
    """Return the method; OTHER for one that no endpoint takes, which could be anything."""
    return method if method in METHODS else OTHER


def trace_id(traceparent: str | None) -> str:
    """Return the trace that the request is part of; nothing where it names none, or not as W3C has it."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match else ""


@lru_cache(maxsize=4)
def _second(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def _quoted(route: str) -> str:
    return json.dumps(route)


@lru_cache(maxsize=4096)
def _address(peer: str, hops: str | None) -> str:
    try:
        return json.dumps(str(address_of(peer, hops)))
    except BadRequest:
        return "null"


@lru_cache(maxsize=4096)
def _client(proven: tuple[str, str] | None, claimed: str, status: int) -> str:
    """Return the field that says who asked, where that is known."""
    if proven is None and claimed and status < NOT_PROVEN:
        proven = ("application_id", claimed)
    return "" if proven is None else f', "{proven[0]}": {json.dumps(proven[1])}'


def _trace(traceparent: str | None) -> str:
    trace = trace_id(traceparent)
    return f', "trace_id": "{trace}"' if trace else ""
