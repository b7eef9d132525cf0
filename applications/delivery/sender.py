"""One request to a receiver. A stand-in: the rules of security.md 8 come with the sender that replaces it."""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; `status` is None when no HTTP answer came, and `error` a code then."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    milliseconds: int
    error: str
    retry_after: int | None


def send(*, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST `body` to `url` and return what came of it within about 10 seconds."""
    began = time.monotonic()
    request = urllib.request.Request(url, body, dict(headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return _answer(response.status, tuple(response.headers.items()), response.read(65536), began)
    except urllib.error.HTTPError as error:
        return _answer(error.code, tuple(error.headers.items()), error.read(65536), began)
    except TimeoutError:
        return _answer(None, (), b"", began, "timeout")
    except OSError:
        return _answer(None, (), b"", began, "connect")


def _answer(
    status: int | None, headers: tuple[tuple[str, str], ...], body: bytes, began: float, error: str = ""
) -> Answer:
    asked = dict(headers).get("Retry-After", "")
    milliseconds = round((time.monotonic() - began) * 1000)
    return Answer(status, headers, body, milliseconds, error, int(asked) if asked.isdigit() else None)
