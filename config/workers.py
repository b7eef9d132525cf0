"""The server's processes: `python -m config.workers HOST PORT WORKERS`, which config/serving.py starts.

The first process starts a worker anew when it has ended or says nothing. It knows no Django.
"""

import signal
import socket
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

BACKLOG = 2048  # connections that wait to be taken
END_SECONDS = 3  # for answers that are being made when the server is told to end
SILENT_SECONDS = 10  # after which a worker counts as hung, and is replaced


def main(host: str, port: int, workers: int) -> None:
    """Serve until told to end."""
    Processes(configuration(workers), Sockets(host, port)).run()


def configuration(workers: int) -> Config:
    """Return how uvicorn serves: our connections and log, and no address or line of its own.

    Our connections call the application, which is none of ASGI; `interface` only keeps uvicorn from wrapping it.
    """
    return Config(
        "config.workers:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        http="config.connections:Connection",
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=END_SECONDS,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )


def application() -> Callable[..., Any]:
    """Load what answers requests (config/front.py).

    Where that fails, the whole server ends, and config/serving.py starts it again after pauses that grow. uvicorn would
    try anew twice a second.
    """
    try:
        front: Callable[..., Any] = import_module("config.front").application
    except BaseException:  # also SystemExit, by which settings are refused
        traceback.print_exc()
        sys.exit(STARTUP_FAILURE)
    return front


class Processes(Multiprocess):
    """The workers, each of which is asked twice a second whether it is well.

    A worker answers over a pipe, of which the first process holds a copy of the worker's end. While that copy is open,
    the first process does not see that the worker has died, and waits SILENT_SECONDS for its answer.
    """

    def keep_subprocess_alive(self) -> None:
        """Start a worker anew where one has ended or says nothing."""
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()


class Sockets(list[socket.socket]):
    """Where to listen. On its way to a worker it becomes a socket of that worker's own.

    Among several sockets of one port the system spreads connections. Of one socket for all, the first worker that
    wakes takes all that wait, and the others have nothing to do. What a worker that dies has not taken yet is reset.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self.place = host, port

    def __reduce__(self) -> tuple[Callable[[str, int], list[socket.socket]], tuple[str, int]]:
        """Say how it is made anew in a worker (pickle)."""
        return sockets, self.place


def sockets(host: str, port: int) -> list[socket.socket]:
    """Return a socket that is bound there; one for "::" takes IPv4 too. OSError where nobody can listen there.

    It listens once its worker has loaded: until then nobody is to wait for that one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, address = found[0][0], found[0][4]
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    bound.bind(address)
    return [bound]


if __name__ == "__mp_main__":  # a worker, before it does anything
    # uvicorn ends by the signal that told it to: as Python ends, which writes what is still to be written (atexit).
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
