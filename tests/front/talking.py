"""A server with the product's connections, in this process, and clients that send it bytes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from django.core.exceptions import BadRequest
from uvicorn import Config
from uvicorn.server import ServerState

from config.connections import Connection
from config.exchanges import Exchange
from config.workers import sockets

DATE = b"Fri, 27 Nov 2026 12:00:00 GMT"
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

type Application = Callable[[Exchange], None]
type Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]]


def later(application: Callable[[Exchange], Coroutine[Any, Any, None]]) -> Application:
    """Return what answers in a task of its own."""
    return lambda exchange: exchange.connection.run(application(exchange))


@later
async def product(exchange: Exchange) -> None:
    """Answer with the names of the headers and the body; 400 where a request or its body cannot be read."""
    body = b""
    while not (exchange.is_whole or exchange.is_broken or exchange.fault):
        await exchange.wait()
        body += exchange.taken()
    names = [name for name in exchange.environ if name.startswith(("HTTP_", "CONTENT_"))]
    told = json.dumps([names, (body + exchange.taken()).decode()]).encode()
    fault = exchange.fault or (BadRequest("broken off") if exchange.is_broken else None)
    status, told = (400, repr(fault).encode()) if fault else (200, told)
    exchange.answer((status, [("Content-Length", str(len(told)))], told), closes=fault is not None)


def talk(*clients: Client, application: Application = product) -> list[Any]:
    """Let clients talk to a server at the same time, and return what they return."""
    config = Config(lambda: application, factory=True, interface="asgi3", lifespan="off", log_config=None)
    config.proxy_headers = False  # which would put something in front that speaks ASGI
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", DATE)]  # as uvicorn does once a second

    async def one(client: Client, address: tuple[str, int]) -> Any:
        reader, writer = await asyncio.open_connection(*address)
        try:
            return await asyncio.wait_for(client(reader, writer), 10)
        finally:
            writer.close()

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(config, state, {}), sock=sockets("127.0.0.1", 0)[0]
        )
        address = server.sockets[0].getsockname()
        try:
            return await asyncio.gather(*(one(client, address) for client in clients))
        finally:
            server.close()  # and do not wait for connections, one of which may be what a test is about

    return asyncio.run(main())


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body; 0 where the connection ends without an answer."""
    line = await reader.readline()
    if not line:
        return 0, b""
    length = 0
    while (field := (await reader.readline()).strip().lower()) != b"":
        if field.startswith(b"content-length:"):
            length = int(field.partition(b":")[2])
    return int(line.split()[1]), await reader.readexactly(length)


def sending(*parts: bytes, pause: float = 0.0, then_eof: bool = False) -> Client:
    """Return a client that sends the parts and returns the answer."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, bytes]:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        if then_eof:
            writer.write_eof()
        try:
            return await answer(reader)
        except ConnectionError:
            return 0, b""

    return client
