"""What metrics and the log's lines cost a token request, in processor time: `python -m bench.noting`.

The front is called in this process, on a PostgreSQL of its own, in rounds: with nothing noted, with metrics, with lines
too. Rounds of the three follow each other, so that whatever else the machine does meets all of them alike.
"""

import asyncio
import os
import secrets
import statistics
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from io import StringIO
from typing import Any
from unittest.mock import patch

from tests.postgres import postgres

CLIENTS, REQUESTS, ROUNDS = 16, 25, 12
WAYS = ("nothing", "metrics", "metrics and lines")


def _prepare(url: str) -> None:
    """Set Django up on a new database; the worker's own thread does not gather, each round does."""
    os.environ |= {"DATABASE_URL": url, "ENV_FILE": os.devnull, "RATE_LIMIT": "0", "ALLOWED_HOSTS": "*"}
    os.environ |= {"USAGE_FLUSH_SECONDS": "0", "LOG_LEVEL": "ERROR"}
    os.environ |= {"SECRET_KEY": secrets.token_hex(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.GATHERS = False
    call_command("migrate", verbosity=0)


def _form() -> bytes:
    from tests.factories import make_account, make_application

    application, secret = make_application(make_account(), scopes="sms groups")
    pair = f"client_id={application.application_id}&client_secret={secret}"
    return f"grant_type=client_credentials&{pair}".encode()


def _client(form: bytes) -> Callable[[], Awaitable[None]]:
    """Return what asks for REQUESTS tokens, one after the other."""
    from config import front
    from config.exchanges import Exchange

    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oauth/token",
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(form)),
        "wsgi.url_scheme": "http",
    }

    async def client() -> None:
        for _request in range(REQUESTS):
            line = Nobody()
            exchange = Exchange(line, {**environ}, keeps=True)
            exchange.add(form)
            exchange.end()
            front.application(exchange)
            await line.answered

    return client


class Nobody:
    """The connection of a client: its answer is thrown away."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def read_on(self, *, reads: bool) -> None:
        """Take no more: all of the request is there."""

    def write(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"A token was refused: {data!r}")

    async def written(self) -> None:
        """Wait for nothing."""

    def date(self) -> str:
        return "Date: Fri, 27 Nov 2026 12:00:00 GMT\r\n"

    def finish(self, exchange: object) -> None:
        self.answered.set_result(None)

    def run(self, answering: Coroutine[Any, Any, None]) -> None:
        asyncio.ensure_future(answering)  # noqa: RUF006  # the loop has it until its thread has answered


async def _round(client: Callable[[], Awaitable[None]], way: str) -> float:
    """Return the microseconds of processor time of each request, its share of the gathering included."""
    from applications import observed
    from config import front
    from config.gathering import gatherer

    gatherer.write = StringIO().write
    gatherer.logs = way == WAYS[2]
    began = time.process_time()
    if way == WAYS[0]:
        with (
            patch.object(front, "note", lambda _environ, _status: None),
            patch.object(observed, "count", lambda *_event: None),
            patch.object(observed, "statements", deque(maxlen=0)),
        ):
            await asyncio.gather(*(client() for _number in range(CLIENTS)))
    else:
        await asyncio.gather(*(client() for _number in range(CLIENTS)))
    gatherer.take()
    return (time.process_time() - began) / (CLIENTS * REQUESTS) * 1e6


async def _measure(form: bytes) -> None:
    client = _client(form)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS + 3):
        for way in WAYS:
            spent = await _round(client, way)
            if number > 2:  # the first ones prepare statements and fill caches
                taken[way].append(spent)
    for way in WAYS:
        more = [with_it / without - 1 for with_it, without in zip(taken[way], taken[WAYS[0]], strict=True)]
        print(f"{way:20} {statistics.median(taken[way]):7.1f} µs a token, {statistics.median(more):+.1%}")


def main() -> None:
    with postgres(durable=True) as url:
        _prepare(url)
        asyncio.run(_measure(_form()))
        from django.db import connections

        connections.close_all()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
