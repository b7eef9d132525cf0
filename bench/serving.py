"""Starting a process that is measured, and asking it once."""

import base64
import importlib.metadata
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.load import Request
from config import serving
from tests.servers import ROOT, free_port, stop, wait_until_answering

VAR = ROOT / "var" / "bench"
PEERS = Path(__file__).parent / "peers"
WORKERS, THREADS = 2, 4  # as `./run` serves Latchkey (config/front.py has its threads), and the same for all
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"


@dataclass
class Server:
    """A running server, and what may be asked of it: kind of work → the request."""

    name: str
    version: str
    pid: int
    works: dict[str, Request]
    # Of a token, the request whose `status` (and body) says that it is live; asked so often, one process may know it.
    proof: Callable[[str], Request] | None = None
    tries: int = 1
    warm_up: int = (
        1  # seconds of each work before it counts: connections, plans, caches, and the compiler of node
    )


def send(request: Request) -> tuple[int, str]:
    """Send a request once and return status and body, whatever the status."""
    body = request.body.encode() or None
    prepared = urllib.request.Request(request.url, body, request.headers, method=request.method)
    try:
        with urllib.request.urlopen(prepared, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


@contextmanager
def latchkey(log: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Serve Latchkey as `./run` does; yield its URL and process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(serving.command("127.0.0.1", port, WORKERS), url, log, environment, home=ROOT) as pid:
        yield url, pid


@contextmanager
def granian(
    python: str, application: str, log: Path, environment: dict[str, str] | None = None, *, home: Path = ROOT
) -> Iterator[tuple[str, int]]:
    """Serve a WSGI application in as many workers as `./run` has; yield its URL and process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [python, "-m", "granian", "--no-ws", "--log-level", "warning"]
    command += ["--workers", str(WORKERS), "--workers-kill-timeout", "5"]
    command += ["--interface", "wsgi", "--blocking-threads", str(THREADS)]
    command += ["--host", "127.0.0.1", "--port", str(port), application]
    with process(command, url, log, environment or {}, home=home) as pid:
        yield url, pid


@contextmanager
def process(
    command: list[str], url: str, log: Path, environment: dict[str, str], *, home: Path = ROOT
) -> Iterator[int]:
    """Run a server until the block ends; yield its process once `url` answers. RuntimeError has what it printed."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, cwd=home, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_answering(url, started)
        yield started.pid
    except AssertionError as error:
        raise RuntimeError(f"{error}\n{log.read_text()}") from error
    finally:
        with suppress(ProcessLookupError):
            stop(started)


def run(command: list[str], environment: dict[str, str] | None = None, *, home: Path = ROOT) -> str:
    """Return what a command printed; RuntimeError has its complaint."""
    done = subprocess.run(
        command,
        cwd=home,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr or done.stdout}")
    return done.stdout


def basic(client_id: str, secret: str) -> dict[str, str]:
    """Return the header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def version(package: str) -> str:
    """Return the version of a package that is installed here."""
    return importlib.metadata.version(package)
