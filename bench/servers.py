"""Starting Latchkey, its first release, and programs that only say hello, each in processes of its own."""

import io
import json
import os
import secrets
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from bench import serving
from bench.load import BOTH, Request
from bench.serving import FORM, GRANT, VAR, Server, basic, granian, run, send, version
from tests.servers import ROOT

type Serve = Callable[[Path, dict[str, str]], AbstractContextManager[tuple[str, int]]]  # log, environment

# The last commit before the asynchronous front: threads of WSGI, one statement a request.
FIRST_RELEASE = "226e4b88d06a867f505bd691872eef7a8afb9ef4"
# 160 characters, some of which are replaced and some of which are emojis that are removed.
MESSAGE = {
    "text": (
        "Zażółć gęślą jaźń, zamówienie nr 48213 jest w drodze. 📦 Kurier będzie między 18:00 a 20:00. " * 2
    )[:160],
    "to": "+48600100200",
    "transliteration": {"alphabet": "POLISH", "removeEmojis": True},
}


@contextmanager
def latchkey(database: str, folder: Path) -> Iterator[Server]:
    """Latchkey with one account, one application and one resource server."""
    with _latchkey("latchkey", ROOT, database, folder, serving.latchkey) as server:
        yield server


@contextmanager
def first_release(database: str, folder: Path) -> Iterator[Server]:
    """Latchkey as it was first released, with the packages of today."""
    home = VAR / "first"
    if not (home / "manage.py").exists():
        packed = subprocess.run(["git", "archive", FIRST_RELEASE], cwd=ROOT, capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(home, filter="data")
    with _latchkey("first", home, database, folder, _of_wsgi) as server:
        for unmeasured in ("introspection by a resource server", "preview"):
            del server.works[unmeasured]
        server.works["verify"] = replace(
            server.works["verify"], status=204
        )  # 200 since then, as gateways want it
        yield server


def has_first_release() -> bool:
    """Whether the history here goes back that far."""
    found = subprocess.run(
        ["git", "cat-file", "-e", FIRST_RELEASE], cwd=ROOT, capture_output=True, check=False
    )
    return found.returncode == 0


def _of_wsgi(log: Path, environment: dict[str, str]) -> AbstractContextManager[tuple[str, int]]:
    return granian(sys.executable, "config.wsgi:application", log, environment, home=VAR / "first")


@contextmanager
def _latchkey(name: str, home: Path, database: str, folder: Path, serve: Serve) -> Iterator[Server]:
    environment = {
        "DATABASE_URL": database,
        "ENV_FILE": os.devnull,
        "LATCHKEY_OWNER_PASSWORD": secrets.token_urlsafe(),
        "LOG_LEVEL": "WARNING",
        "RATE_LIMIT": "0",  # one credential makes all the load, which no limit would let through
        "SECRET_KEY": secrets.token_hex(),
    }

    def manage(*arguments: str) -> dict[str, str]:
        printed = run([sys.executable, "manage.py", *arguments], environment, home=home)
        said: dict[str, str] = json.loads(printed) if "--json" in arguments else {}
        return said

    manage("prepare")
    manage("create_account", "Bench", "--owner", "owner@bench.example")
    client = manage("create_application", "--account", "Bench", "--scopes", "account groups sms", "--json")
    platform = manage("create_resource_server", "Bench", "--json")
    with serve(folder / f"{name}.log", environment) as (url, pid):
        yield _server(name, url, pid, client, platform)


def _server(name: str, url: str, pid: int, client: dict[str, str], platform: dict[str, str]) -> Server:
    own = {**FORM, **basic(client["application_id"], client["application_secret"])}
    asking = {**FORM, **basic(platform["resource_server_id"], platform["resource_server_secret"])}
    token = Request(f"{url}/oauth/token", 200, "POST", own, GRANT, connections=BOTH)
    value = json.loads(send(token)[1])["access_token"]

    def bearer(value: str) -> Request:
        headers = {"Authorization": f"Bearer {value}"}
        return Request(f"{url}/account", headers=headers, connections=BOTH)

    introspect, form = f"{url}/oauth/introspect", f"token={value}"
    json_of_bearer = {"Content-Type": "application/json", **bearer(value).headers}
    works = {
        "token": token,
        "bearer": bearer(value),
        "verify": replace(bearer(value), url=f"{url}/oauth/verify?scope=groups"),
        "introspection": Request(introspect, 200, "POST", own, form),
        "introspection by a resource server": Request(introspect, 200, "POST", asking, form),
        "preview": Request(f"{url}/messages/preview", 200, "POST", json_of_bearer, json.dumps(MESSAGE)),
    }
    return Server(name, "", pid, works, bearer)


@contextmanager
def hello(database: str, folder: Path) -> Iterator[Server]:
    """Django's hello world."""
    with granian(sys.executable, "bench.peers.hello.wsgi:application", folder / "hello.log") as (url, pid):
        yield Server("hello", version("django"), pid, {"hello": Request(f"{url}/hello", connections=BOTH)})


@contextmanager
def bare(database: str, folder: Path) -> Iterator[Server]:
    """A WSGI application that says hello, without any framework: what the HTTP server costs."""
    with granian(sys.executable, "bench.peers.hello.bare:application", folder / "bare.log") as (url, pid):
        yield Server("bare", "", pid, {"hello": Request(f"{url}/hello", connections=BOTH)})
