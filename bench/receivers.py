"""A process that receives webhooks: it answers at once and takes notes. `python -m bench.receivers PORT`.

`GET /` answers what came since the last time: requests, objects, ids of deliveries with how often each came, and how
long after their `at` (seconds since 1970) the events arrived.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter

AT = re.compile(rb'"at":([0-9.]+)')
ID = re.compile(rb"\r\nwebhook-id: *([^\r]+)", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Notes:
    """What came."""

    def __init__(self) -> None:
        self.requests = self.objects = 0
        self.ids: Counter[str] = Counter()
        self.delays: list[float] = []

    def take(self, head: bytes, body: bytes) -> None:
        moment = time.time()
        self.requests += 1
        times = AT.findall(body)
        self.objects += len(times)
        self.delays += [moment - float(at) for at in times]
        if found := ID.search(head):
            self.ids[found[1].decode()] += 1

    def told(self) -> bytes:
        told = {"requests": self.requests, "objects": self.objects, "ids": self.ids, "delays": self.delays}
        return json.dumps(told).encode()


async def main(port: int) -> None:
    """Serve on 127.0.0.1 until the process is ended."""
    notes = [Notes()]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                answer = b"{}"
                if head.startswith(b"GET"):
                    answer, notes[0] = notes[0].told(), Notes()
                else:
                    notes[0].take(head, body)
                size = str(len(answer)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + size + b"\r\n\r\n" + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
