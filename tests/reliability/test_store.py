"""The store fails under load: a real PostgreSQL is stopped at once and started again (security.md, reliability).

No answered token is lost, no answered revocation undone, what cannot be answered is a 503 with Retry-After, and
the service is back within 10 s without a restart.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.postgres import Postgres, server
from tests.servers import Served

pytestmark = pytest.mark.postgres

SECONDS_TO_COME_BACK = 10
LOAD = 4  # threads that ask for tokens, with a pause that leaves the processor to other tests
PAUSE = 0.03  # seconds


@dataclass
class Seen:
    """What clients were answered."""

    issued: list[tuple[float, str]] = field(default_factory=list)
    refused: list[requests.Response] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)


@dataclass(frozen=True)
class Client:
    """A client program of the served process."""

    url: str
    application_id: str
    secret: str

    def ask(self) -> requests.Response:
        auth = (self.application_id, self.secret)
        form = {"grant_type": "client_credentials"}
        return requests.post(f"{self.url}/oauth/token", form, auth=auth, timeout=20)

    def use(self, token: str) -> requests.Response:
        return requests.get(f"{self.url}/account", headers={"Authorization": f"Bearer {token}"}, timeout=20)


@pytest.fixture
def store() -> Iterator[Postgres]:
    with server(durable=True, migrated=True) as running:
        yield running


@pytest.fixture
def served(store: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("DATABASE_URL", store.url)
    process = Served(tmp_path)
    yield process
    process.stop()


@pytest.fixture
def client(served: Served, monkeypatch: pytest.MonkeyPatch) -> Client:
    served.environment["LATCHKEY_OWNER_PASSWORD"] = "correct-horse-battery"
    served.manage("create_account", "Demo", "--owner", "owner@demo.example")
    made = served.manage("create_application", "--account", "Demo", "--scopes", "account", "--json")
    printed = json.loads(made)
    return Client(served.url, printed["application_id"], printed["application_secret"])


def load(client: Client, seen: Seen, end: threading.Event) -> None:
    while not end.wait(PAUSE):
        try:
            response = client.ask()
        except requests.RequestException as error:
            seen.broken.append(error)
            continue
        if response.status_code == 200:
            seen.issued.append((time.monotonic(), response.json()["access_token"]))
        else:
            seen.refused.append(response)


def test_the_store_is_lost_under_load_and_comes_back(client: Client, store: Postgres, served: Served) -> None:
    seen, end = Seen(), threading.Event()
    revoked = client.ask().json()["access_token"]
    served.manage("revoke_tokens", client.application_id)
    threads = [threading.Thread(target=load, args=(client, seen, end)) for _number in range(LOAD)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.5)
        store.crash()
        lost = time.monotonic()
        time.sleep(2)
        during = client.use(revoked)
        store.start_again()
        started = time.monotonic()
        while not any(moment > started for moment, _token in seen.issued):
            assert time.monotonic() - started < SECONDS_TO_COME_BACK
            time.sleep(0.05)
        back = time.monotonic() - started
        time.sleep(1)
    finally:
        end.set()
        for thread in threads:
            thread.join()

    assert back < SECONDS_TO_COME_BACK
    assert sum(moment < lost for moment, _token in seen.issued) > 20
    assert not seen.broken
    assert seen.refused
    for response in [*seen.refused, during]:
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    assert {response.json()["error"] for response in seen.refused} == {"temporarily_unavailable"}
    assert during.json()["error"]["type"] == "temporarily_unavailable"
    tokens = [token for _moment, token in seen.issued]
    assert len(set(tokens)) == len(tokens)
    dead = [token for token in tokens if client.use(token).status_code != 200]
    assert dead == []
    assert client.use(revoked).status_code == 401


def workers(served: Served) -> list[int]:
    """Processes that answer requests, the oldest first: those that the one which was started has started in turn."""
    tasks = Path(f"/proc/{served.process.pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    found = [child for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]
    return sorted(found, key=_started)


def has_replaced(served: Served, victim: int) -> bool:
    """Whether a new worker takes connections. It is started once the old one is gone, whose socket lasts a little."""
    now = workers(served)
    return victim not in now and len(now) == 2 and listening(served) == 2


def listening(served: Served) -> int:
    """How many workers take connections: each has a socket of its own at the port."""
    port, state = f":{served.place[1]:04X}", "0A"  # LISTEN, as proc(5) has it
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(row[1].endswith(port) and row[3] == state for row in rows)


def _started(pid: int) -> int:
    """When a process was started: its number says nothing, since numbers begin anew."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def test_workers_that_are_killed_are_replaced_and_nothing_answered_is_lost(
    client: Client, served: Served
) -> None:
    tokens = [client.ask().json()["access_token"]]
    for is_asked in (False, False, True):
        victim = workers(served)[0]
        if is_asked:  # by the first process, twice a second, whether it is well: it dies before it answers
            os.kill(victim, signal.SIGSTOP)
            time.sleep(0.6)
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + SECONDS_TO_COME_BACK
        while not has_replaced(served, victim):
            assert time.monotonic() < deadline, "no worker took over"
            time.sleep(0.1)
        tokens.append(client.ask().json()["access_token"])
    assert {client.use(token).status_code for token in tokens} == {200}
