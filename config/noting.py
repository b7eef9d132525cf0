"""Notes each answer as it is sent, for metrics and for the log's line of it. One call a request (config/front.py)."""

from collections import deque
from time import perf_counter, time
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from applications.observed import CLAIMED, MOST, PROVEN, REQUEST_ID

BEGAN = "latchkey.began"


# One answer: what Answered has, in its order. Making a tuple takes a seventh of the time of making an Answered.
type Noted = tuple[float, float, int, str, str, str, str | None, str | None, str, tuple[str, str] | None, str]


class Answered(NamedTuple):
    """One answer; nothing of it is looked at before config/gathering.py takes it, off the request's way."""

    at: float  # seconds since 1970
    seconds: float  # from the last byte of the request to the first of the answer
    status: int
    method: str
    path: str
    peer: str
    hops: str | None  # X-Forwarded-For
    traceparent: str | None
    request_id: str
    proven: tuple[str, str] | None
    claimed: str


answered: deque[Noted] = deque(maxlen=MOST)


def begin(environ: WSGIEnvironment) -> None:
    """Count the seconds of the answer from now on: the request is there."""
    environ[BEGAN] = perf_counter()


def note(environ: WSGIEnvironment, status: int) -> None:
    """Note that the answer to the request of `environ` begins now."""
    answered.append(_noted(environ, status))


def _noted(environ: WSGIEnvironment, status: int) -> Noted:
    get = environ.get
    return (
        time(),
        perf_counter() - environ[BEGAN],
        status,
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        environ["REMOTE_ADDR"],
        get("HTTP_X_FORWARDED_FOR"),
        get("HTTP_TRACEPARENT"),
        get(REQUEST_ID, ""),
        get(PROVEN),
        get(CLAIMED, ""),
    )
