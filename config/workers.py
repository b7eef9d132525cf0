"""The server's processes: `python -m config.workers HOST PORT WORKERS`, which config/serving.py starts.

The first process listens, and starts a worker anew when it has ended or says nothing. It knows no Django.
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

from config.connections import HEAD_SECONDS

BACKLOG = 2048  # connections that wait to be taken
END_SECONDS = 3  # for answers that are being made when the server is told to end
SILENT_SECONDS = 10  # after which a worker counts as hung, and is replaced


def main(host: str, port: int, workers: int) -> None:
    """Serve until told to end."""
    Multiprocess(configuration(workers), [listening(host, port)]).run()


def configuration(workers: int) -> Config:
    """Return how uvicorn serves: our connections and log, and no address or line of its own."""
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
        timeout_keep_alive=HEAD_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
        timeout_worker_healthcheck=SILENT_SECONDS,
    )


def application() -> Callable[..., Any]:
    """Load what answers requests (ASGI).

    Where that fails, the whole server ends, and config/serving.py starts it again after pauses that grow. uvicorn would
    try anew twice a second.
    """
    try:
        front: Callable[..., Any] = import_module("config.front").application
    except BaseException:  # also SystemExit, by which settings are refused
        traceback.print_exc()
        sys.exit(STARTUP_FAILURE)
    return front


def listening(host: str, port: int) -> socket.socket:
    """Return the socket of all workers; one for "::" takes IPv4 too. OSError where nobody can listen there."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, address = found[0][0], found[0][4]
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)


if __name__ == "__mp_main__":  # a worker, before it does anything
    # uvicorn ends by the signal that told it to: as Python ends, which writes what is still to be written (atexit).
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(0))
if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
