"""Two nodes behind nginx are restarted one just after the other, under load: not one request is lost."""

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.deploy.in_front import HOST, nginx_in_front
from tests.servers import ROOT, Manager, database_of_its_own, free_port, stop, wait_until_answering

pytestmark = [pytest.mark.postgres, pytest.mark.served]

CLIENTS = 4
PAUSE = 0.02  # seconds between two requests of a client: about 200 a second together, on a machine at rest
SECONDS_TO_END = 10
# ROLLING_REQUESTS=20000 is the count that a release is held to.
REQUESTS = int(os.environ.get("ROLLING_REQUESTS", "600"))


class Node:
    """A node as `./run` serves it, less the set-up."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        folder.mkdir()
        self.environment = {**environment, "PORT": str(self.port), "VAR_DIR": str(folder)}
        self.log = (folder / "log").open("ab")
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "config.serving"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=self.log)
        wait_until_answering(f"http://127.0.0.1:{self.port}/oauth/verify", self.process)

    def restart(self) -> float:
        """End it as a supervisor does, start it again, and return how many seconds the end took."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(SECONDS_TO_END + 5) == 0
        took = time.monotonic() - began
        self.start()
        return took

    def end(self) -> None:
        stop(self.process)
        self.log.close()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[list[Node], Manager]]:
    environment = {
        **os.environ,
        "DATABASE_URL": database_of_its_own(tmp_path, migrated=True),
        "ENV_FILE": os.devnull,
    }
    environment |= {"SECRET_KEY": "0123456789abcdef" * 2, "DJANGO_SETTINGS_MODULE": "tests.served_settings"}
    environment |= {"WORKERS": "1", "TRUSTED_PROXIES": "127.0.0.1/32", "ALLOWED_HOSTS": f"127.0.0.1,{HOST}"}
    environment |= {"DRAIN_SECONDS": "1", "LATCHKEY_OWNER_PASSWORD": "a long and dull password"}
    manager = Manager(environment)
    manager.run("prepare")
    two = [Node(environment, tmp_path / f"node{number}") for number in range(2)]
    yield two, manager
    for node in two:
        node.end()
    manager.stop()


class Load:
    """Clients that ask for a token and check it, each over a connection that it keeps, until told to stop."""

    def __init__(self, port: int, client_id: str, secret: str) -> None:
        self.port, self.seen, self.enough = port, Counter[str](), threading.Event()
        self.basic = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self.clients = [threading.Thread(target=self._run) for _number in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def _run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self.enough.is_set():
            try:
                token = self._ask(connection)
                self._check(connection, token)
            except (HTTPException, OSError) as error:
                self.seen[repr(error)] += 1
                connection.close()
            time.sleep(PAUSE)
        connection.close()

    def _ask(self, connection: HTTPConnection) -> str:
        headers = {
            "Authorization": self.basic,
            "Content-Type": "application/x-www-form-urlencoded",
            "Host": HOST,
        }
        connection.request("POST", "/oauth/token", "grant_type=client_credentials", headers)
        answer = connection.getresponse()
        body = answer.read()
        self.seen[f"token {answer.status}"] += 1
        return str(json.loads(body).get("access_token")) if answer.status == 200 else ""

    def _check(self, connection: HTTPConnection, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Host": HOST}
        connection.request("GET", "/oauth/verify?scope=sms", headers=headers)
        answer = connection.getresponse()
        answer.read()
        self.seen[f"verify {answer.status}"] += 1

    def wait_for(self, requests: int) -> None:
        """Return once so many were answered."""
        deadline = time.monotonic() + 60 + requests / 20
        while self.seen.total() < requests:
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.02)

    def end(self) -> None:
        self.enough.set()
        for client in self.clients:
            client.join()


def test_not_one_request_is_lost(nodes: tuple[list[Node], Manager], tmp_path: Path) -> None:
    two, manager = nodes
    manager.run("create_account", "Demo", "--owner", "owner@demo.example")
    made = json.loads(manager.run("create_application", "--account", "Demo", "--scopes", "sms", "--json"))
    folder = tmp_path / "nginx"
    folder.mkdir()
    with nginx_in_front(two[0].port, free_port(), folder, other_port=two[1].port) as (_api, port):
        load = Load(port, made["application_id"], made["application_secret"])
        try:
            load.wait_for(REQUESTS // 4)
            ends = [node.restart() for node in two]
            load.wait_for(REQUESTS)
        finally:
            load.end()
    assert set(load.seen) == {"token 200", "verify 200"}, load.seen
    assert max(ends) < SECONDS_TO_END
    for node in two:
        node.end()  # which writes what it has counted
    database = manager.environment["DATABASE_URL"]
    assert urlsplit(database).scheme.startswith("postgres")
    with psycopg.connect(database) as connection:
        counted = connection.execute(
            "SELECT sum(count) FROM applications_dailyusage WHERE kind = 'issued'"
        ).fetchone()
        issued = connection.execute("SELECT count(*) FROM applications_accesstoken").fetchone()
    assert counted == issued, "no figure is lost either"
