"""Real processes for tests: the product as it is served, and whatever else a test has to talk to."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from random import SystemRandom
from typing import Any

import psycopg

from config import serving
from tests.postgres import MIGRATED, on_the_server_of

ROOT = Path(__file__).resolve().parent.parent
EMPTY = "template1"  # PostgreSQL's own
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
SECONDS_FOR_A_COMMAND = 120
# Of every owner that `create_account` makes on a served database.
OWNER_PASSWORD = "a long and dull password"


class Manager:
    """A process that runs management commands (see `tests.managing`) in one environment, of the code in `home`."""

    def __init__(self, environment: dict[str, str], home: Path = ROOT) -> None:
        self.environment = dict(environment)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.managing"],
            cwd=home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        """Return what the command printed; raise `AssertionError` with its complaint when it fails."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        patience = threading.Timer(SECONDS_FOR_A_COMMAND, self.process.kill)
        patience.start()
        print(json.dumps(arguments), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        patience.cancel()
        assert answer, f"{' '.join(arguments)}: the process that runs commands has ended"
        done: dict[str, str] = json.loads(answer)
        assert "printed" in done, f"{' '.join(arguments)}: {done['failed']}"
        return done["printed"]

    def stop(self) -> None:
        """End it: what it reads from ends."""
        self.process.communicate()


class Served:
    """The product as `./run` serves it, with a database of its own.

    A test that has one talks to it over HTTP and through `manage`; it needs no database itself, and its
    own (pytest-django's) is not the one that is served.
    """

    def __init__(
        self, folder: Path, *, workers: int = 2, host: str = "127.0.0.1", **environment: str
    ) -> None:
        """Prepare a database (on the server in `DATABASE_URL`, else a file in `folder`) and serve it.

        `host` is what the server listens on ("::": IPv4 too); `environment` adds to what the process is set up with.
        """
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "served.log"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_of_its_own(folder, migrated=True),
            "DJANGO_SETTINGS_MODULE": "tests.served_settings",
            "ENV_FILE": os.devnull,
            "LATCHKEY_OWNER_PASSWORD": OWNER_PASSWORD,
            "PUBLIC_URL": self.url,
            "RATE_LIMIT": "1000000",  # on, as it is by default, and never in the way of a test of something else
            "SECRET_KEY": uuid.uuid4().hex * 2,
            **environment,
        }
        self.manager: Manager | None = None
        self.manage("prepare")
        self.place = host, port, workers
        self.start()

    def manage(self, *arguments: str) -> str:
        """Run a management command on the served database and return what it printed.

        Raise `AssertionError` with the command's complaint when it fails.
        """
        if self.manager is None or self.manager.environment != self.environment:
            self._stop_manager()
            self.manager = Manager(self.environment)
        return self.manager.run(*arguments)

    def stop(self) -> None:
        """End the process, its workers, and the one that ran commands."""
        self._stop_manager()
        stop(self.process)

    def _stop_manager(self) -> None:
        if self.manager is not None:
            self.manager.stop()
            self.manager = None

    def start(self) -> None:
        """Serve; again, at the same address, after the process was told to end."""
        host, port, workers = self.place
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                serving.command(host, port, workers),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until_answering(self.url, self.process)
        except AssertionError as error:
            stop(self.process)
            self._stop_manager()
            raise AssertionError(f"{error}\n{self.log.read_text()}") from error


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment.

    It is chosen by chance, below the range from which the system gives ports to connections: such a port could be in
    use again before the caller listens on it.
    """
    while True:
        port = SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def database_of_its_own(folder: Path, *, migrated: bool = False) -> str:
    """Return the URL of a new database: on the server in `DATABASE_URL`, else a file in `folder`.

    It is empty. With `migrated`, all tables are there, where the run has migrated a database on that server.
    """
    server = os.environ.get("DATABASE_URL")
    if server is None:
        return f"sqlite:///{folder / 'served.sqlite3'}"
    like = os.environ.get(MIGRATED, EMPTY) if migrated else EMPTY
    name = f"served_{uuid.uuid4().hex[:12]}"
    # Not connected to the database that is copied, which PostgreSQL would refuse.
    with psycopg.connect(on_the_server_of(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return on_the_server_of(server, name)


def wait_until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once `url` answers, with whatever status; raise `AssertionError` when it never does."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        assert process.poll() is None, f"The server ended with {process.returncode} before it answered."
        if _answers(url):
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer in {SECONDS_TO_START} s.")


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process as an operator would (TERM), and by force when it does not heed that."""
    process.terminate()
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Listener(ThreadingHTTPServer):
    """A server of the tests' own; a client that went away, or was killed, is no error of it."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
