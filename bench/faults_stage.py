"""What faults are tried on: PostgreSQL, Redis and the served product, and a client of it."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.postgres import Postgres, server
from tests.reliability.test_store import Client
from tests.servers import Served, free_port, stop

SECONDS_TO_COME_BACK = 10
IN_A_ROW = 8


@dataclass(frozen=True)
class Row:
    """A line of the table: what failed, what must hold, what was found, and whether that is what must hold.

    `holds` is None where it could not be tried here; `found` then says why.
    """

    what: str
    must: str
    found: str
    holds: bool | None

    def __str__(self) -> str:
        state = {True: "holds", False: "**does not hold**", None: "not tried"}[self.holds]
        return f"| {self.what} | {self.must} | {self.found} | {state} |"


@dataclass(frozen=True)
class Stage:
    """The running processes."""

    folder: Path
    store: Postgres
    redis: subprocess.Popen[bytes] | None
    served: Served
    client: Client

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask the product for something."""
        return requests.get(self.served.url + path, headers=headers, timeout=30)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start all of it, and leave nothing behind. Commits reach the disk, as in production."""
    with ExitStack() as stack:
        store = stack.enter_context(server(durable=True))
        redis, url = stack.enter_context(_redis(folder))
        served = stack.enter_context(serving(folder, DATABASE_URL=store.url, CACHE_URL=url))
        yield Stage(folder, store, redis, served, client_of(served))


@contextmanager
def serving(folder: Path, **environment: Any) -> Iterator[Served]:
    """Serve the product as `./run` does, with one account."""
    folder.mkdir(exist_ok=True)
    served = Served(folder, **environment)
    try:
        served.manage("create_account", folder.name, "--owner", "owner@demo.example")
        yield served
    finally:
        served.stop()


def client_of(served: Served) -> Client:
    """Make an application of the served product."""
    account = served.log.parent.name
    made = served.manage("create_application", "--account", account, "--scopes", "account", "--json")
    printed = json.loads(made)
    return Client(served.url, printed["application_id"], printed["application_secret"])


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes] | None, str]]:
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        yield None, "dbcache://latchkey_cache"
        return
    port = str(free_port())
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen([binary, "--port", port, "--save", ""], stdout=log, cwd=folder)
        try:
            yield process, f"redis://127.0.0.1:{port}/0"
        finally:
            process.send_signal(signal.SIGCONT)
            stop(process)


def seconds_until(holds: Callable[[], bool], most: float = 30.0) -> float:
    """Return how many seconds it took until this was so; TimeoutError after `most`."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > most:
            raise TimeoutError(f"it did not come back within {most:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def is_well(client: Client) -> bool:
    """Whether tokens are issued and good at once, so often that each worker has had its turn."""
    return all(_issues(client) for _number in range(IN_A_ROW))


def _issues(client: Client) -> bool:
    issued = client.ask()
    return issued.status_code == 200 and client.use(issued.json()["access_token"]).status_code == 200
