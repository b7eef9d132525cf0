"""Real processes for tests: the product served by granian, and whatever else a test has to talk to."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
SECONDS_FOR_A_COMMAND = 120
# Of every owner that `create_account` makes on a served database.
OWNER_PASSWORD = "a long and dull password"


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
            "DATABASE_URL": database_of_its_own(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": os.devnull,
            "LATCHKEY_OWNER_PASSWORD": OWNER_PASSWORD,
            "PUBLIC_URL": self.url,
            "RATE_LIMIT": "1000000",  # on, as it is by default, and never in the way of a test of something else
            "SECRET_KEY": uuid.uuid4().hex * 2,
            **environment,
        }
        self.manage("prepare")
        self.place = host, port, workers
        self.start()

    def manage(self, *arguments: str) -> str:
        """Run a management command on the served database and return what it printed.

        Raise `AssertionError` with the command's complaint when it fails.
        """
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_A_COMMAND,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr or done.stdout}"
        return done.stdout

    def stop(self) -> None:
        """End the process and its workers."""
        stop(self.process)

    def start(self) -> None:
        """Serve; again, at the same address, after the process was told to end."""
        host, port, workers = self.place
        granian = [sys.executable, "-m", "granian", "--interface", "asginl", "--http", "1", "--no-ws"]
        sizes = [
            "--workers",
            str(workers),
            "--http1-header-read-timeout",
            "30000",
            "--workers-kill-timeout",
            "5",
        ]
        sizes += ["--backpressure", "2048", "--respawn-failed-workers", "--respawn-interval", "1"]
        address = ["--host", host, "--port", str(port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*granian, *sizes, *address, "config.front:application"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until_answering(self.url, self.process)
        except AssertionError as error:
            stop(self.process)
            raise AssertionError(f"{error}\n{self.log.read_text()}") from error


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def database_of_its_own(folder: Path) -> str:
    """Return the URL of a new, empty database: on the server in `DATABASE_URL`, else a file in `folder`."""
    server = os.environ.get("DATABASE_URL")
    if server is None:
        return f"sqlite:///{folder / 'served.sqlite3'}"
    name = f"served_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace(urlsplit(server).path, f"/{name}", 1)


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
