"""Before a server ends it asks to be left: not ready any more, and no connection outlives its answer.

config/serving.py makes the file that says so, waits, and only then tells the server to end (docs/decisions/0042).
"""

import os
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from config.streams import Send

type Application = Callable[[dict[str, Any], Any, Send], Awaitable[None]]

DRAINING_FILE = "LATCHKEY_DRAINING_FILE"  # in the environment of the server's processes: the file's name
READY = "/health/ready"
NOT_READY = b'{"status": "draining", "problems": ["This server is about to end."]}'


def closing_while_draining(application: Application) -> Application:
    """Let each answer of a server that is about to end close its connection, so that proxies go elsewhere."""
    file = os.environ.get(DRAINING_FILE)

    def is_draining() -> bool:  # one look at the file system, some two microseconds
        return file is not None and os.path.exists(file)

    @wraps(application)
    async def closing(scope: dict[str, Any], receive: Any, send: Send) -> None:
        if not is_draining():
            await application(scope, receive, send)
        elif scope["path"] == READY:
            await _say_not_ready(_closing(send))
        else:
            await application(scope, receive, _closing(send))

    return closing


def _closing(send: Send) -> Send:
    def send_and_close(message: dict[str, Any]) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            headers = [header for header in message["headers"] if header[0].lower() != b"connection"]
            message = {**message, "headers": [*headers, (b"connection", b"close")]}
        return send(message)

    return send_and_close


async def _say_not_ready(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers.append((b"content-length", str(len(NOT_READY)).encode()))
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": NOT_READY})
