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
    """Return the line, its end included."""
    facts = {
        "event": "request",
        "level": "info",
        "logger": "latchkey.requests",
        "timestamp": f"{_second(int(request.at))}.{int(request.at % 1 * 1e6):06d}Z",
        "method": method_of(request.method),
        "route": route_of(request.path),
        "status": request.status,
        "ms": round(request.seconds * 1000, 1),
        "address": _address(request.peer, request.hops),
        "request_id": request.request_id,
    }
    if request.proven is not None:
        facts[request.proven[0]] = request.proven[1]
    elif request.claimed and request.status < NOT_PROVEN:
        facts["application_id"] = request.claimed
    if trace := trace_id(request.traceparent):
        facts["trace_id"] = trace
    return f"{json.dumps(facts)}\n"


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


@lru_cache(maxsize=4096)
def _address(peer: str, hops: str | None) -> str | None:
    try:
        return str(address_of(peer, hops))
    except BadRequest:
        return None
