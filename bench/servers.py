"""Starting what is measured: Latchkey, Django's hello world, and the peers, each in processes of its own."""

import base64
import importlib.metadata
import json
import os
import secrets
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.load import Request
from tests.servers import ROOT, free_port, stop, wait_until_answering

VAR = ROOT / "var" / "bench"
PEERS = Path(__file__).parent / "peers"
TOOLKIT_PYTHON = VAR / "toolkit" / "bin" / "python"
WORKERS, THREADS = 2, 4  # as `./run` serves Latchkey (config/front.py has its threads), and the same for all
FRONT = ["--interface", "asginl", "--http", "1", "--backpressure", "2048"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = "grant_type=client_credentials"
# 160 characters, some of which are replaced and some of which are emojis that are removed.
MESSAGE = {
    "text": (
        "Zażółć gęślą jaźń, zamówienie nr 48213 jest w drodze. 📦 Kurier będzie między 18:00 a 20:00. " * 2
    )[:160],
    "to": "+48600100200",
    "transliteration": {"alphabet": "POLISH", "removeEmojis": True},
}


@dataclass
class Server:
    """A running server, and what may be asked of it: kind of work → the request."""

    name: str
    version: str
    pid: int
    works: dict[str, Request]
    # Of a token, the request whose `status` (and body) says that it is live.
    proof: Callable[[str], Request] | None = None


@contextmanager
def latchkey(database: str, folder: Path) -> Iterator[Server]:
    """Latchkey with one account, one application and one resource server."""
    environment = {
        "DATABASE_URL": database,
        "ENV_FILE": os.devnull,
        "LATCHKEY_OWNER_PASSWORD": secrets.token_urlsafe(),
        "LOG_LEVEL": "WARNING",
        "RATE_LIMIT": "0",  # one credential makes all the load, which no limit would let through
        "SECRET_KEY": secrets.token_hex(),
    }
    for command in (["prepare"], ["create_account", "Bench", "--owner", "owner@bench.example"]):
        _manage(command, environment)
    application = ["create_application", "--account", "Bench", "--scopes", "account groups sms", "--json"]
    client = _manage(application, environment)
    platform = _manage(["create_resource_server", "Bench", "--json"], environment)
    log = folder / "latchkey.log"
    with _granian(sys.executable, "config.front:application", log, environment) as (url, pid):
        yield _latchkey(url, pid, client, platform)


def _latchkey(url: str, pid: int, client: dict[str, str], platform: dict[str, str]) -> Server:
    basic = {**FORM, **_basic(client["application_id"], client["application_secret"])}
    asking = {**FORM, **_basic(platform["resource_server_id"], platform["resource_server_secret"])}
    token = Request(f"{url}/oauth/token", 200, "POST", basic, GRANT)
    value = json.loads(send(token)[1])["access_token"]

    def bearer(value: str) -> Request:
        return Request(f"{url}/account", headers={"Authorization": f"Bearer {value}"})

    introspect, form = f"{url}/oauth/introspect", f"token={value}"
    json_of_bearer = {"Content-Type": "application/json", **bearer(value).headers}
    works = {
        "token": token,
        "bearer": bearer(value),
        "verify": Request(f"{url}/oauth/verify?scope=groups", 200, headers=bearer(value).headers),
        "introspection": Request(introspect, 200, "POST", basic, form),
        "introspection by a resource server": Request(introspect, 200, "POST", asking, form),
        "preview": Request(f"{url}/messages/preview", 200, "POST", json_of_bearer, json.dumps(MESSAGE)),
    }
    return Server("latchkey", "", pid, works, bearer)


def _manage(arguments: list[str], environment: dict[str, str]) -> dict[str, str]:
    """Run a management command and return what it says with --json."""
    printed = _run([sys.executable, "manage.py", *arguments], environment)
    said: dict[str, str] = json.loads(printed) if "--json" in arguments else {}
    return said


@contextmanager
def hello(database: str, folder: Path) -> Iterator[Server]:
    """Django's hello world."""
    with _granian(sys.executable, "bench.peers.hello.wsgi:application", folder / "hello.log") as (url, pid):
        yield Server("hello", _version("django"), pid, {"hello": Request(f"{url}/hello")})


@contextmanager
def toolkit(database: str, folder: Path) -> Iterator[Server]:
    """django-oauth-toolkit on the same Django, psycopg and granian, from an environment under var/bench/."""
    requirements = str(PEERS / "toolkit" / "requirements.txt")
    if not TOOLKIT_PYTHON.exists():
        _run([sys.executable, "-m", "venv", str(VAR / "toolkit")])
    pip = [str(TOOLKIT_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--upgrade", "--requirement", requirements, "--constraint", str(ROOT / "requirements.txt")])
    environment = {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "bench.peers.toolkit.settings",
    }
    clients = json.loads(_run([str(TOOLKIT_PYTHON), "-m", "bench.peers.toolkit.prepare"], environment))
    code = "import importlib.metadata; print(importlib.metadata.version('django-oauth-toolkit'))"
    version = _run([str(TOOLKIT_PYTHON), "-c", code]).strip()
    python, application = str(TOOLKIT_PYTHON), "bench.peers.toolkit.wsgi:application"
    with _granian(python, application, folder / "toolkit.log", environment) as (url, pid):
        yield _toolkit(url, pid, version, clients)


def _toolkit(url: str, pid: int, version: str, clients: dict[str, dict[str, str]]) -> Server:
    plain, hashed = (
        {**FORM, **_basic(clients[kind]["client_id"], clients[kind]["client_secret"])}
        for kind in ("plain", "hashed")
    )
    token = Request(f"{url}/oauth/token/", 200, "POST", plain, GRANT)
    value = json.loads(send(token)[1])["access_token"]

    def bearer(value: str) -> Request:
        return Request(f"{url}/protected", headers={"Authorization": f"Bearer {value}"})

    works = {
        "token": token,
        "token, hashed secret": Request(token.url, 200, "POST", hashed, GRANT, slow=True),
        "bearer": bearer(value),
        "introspection": Request(f"{url}/oauth/introspect/", 200, "POST", plain, f"token={value}"),
    }
    return Server("toolkit", version, pid, works, bearer)


@contextmanager
def oidc(database: str, folder: Path) -> Iterator[Server]:
    """oidc-provider in as many processes, from packages under var/bench/."""
    home = VAR / "oidc"
    shutil.copytree(PEERS / "oidc", home, dirs_exist_ok=True)
    _run(["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", "--loglevel=error"])
    package = json.loads((home / "node_modules" / "oidc-provider" / "package.json").read_text())
    port, client_id, secret = free_port(), secrets.token_hex(20), secrets.token_hex(20)
    environment = {
        "DATABASE_URL": database,
        "NODE_ENV": "production",
        "PORT": str(port),
        "PROCESSES": str(WORKERS),
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
    }
    url = f"http://127.0.0.1:{port}"
    with _process(["node", str(home / "server.js")], url, folder / "oidc.log", environment) as pid:
        yield _oidc(url, pid, package["version"], {**FORM, **_basic(client_id, secret)})


def _oidc(url: str, pid: int, version: str, headers: dict[str, str]) -> Server:
    token = Request(f"{url}/token", 200, "POST", headers, GRANT)

    def introspect(value: str) -> Request:
        return Request(f"{url}/token/introspection", 200, "POST", headers, f"token={value}")

    value = json.loads(send(token)[1])["access_token"]
    return Server("oidc", version, pid, {"token": token, "introspection": introspect(value)}, introspect)


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
def _granian(
    python: str, application: str, log: Path, environment: dict[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [python, "-m", "granian", "--no-ws", "--log-level", "warning"]
    command += ["--workers", str(WORKERS), "--workers-kill-timeout", "5"]
    wsgi = ["--interface", "wsgi", "--blocking-threads", str(THREADS)]
    command += FRONT if application.startswith("config.") else wsgi
    command += ["--host", "127.0.0.1", "--port", str(port), application]
    with _process(command, url, log, environment or {}) as pid:
        yield url, pid


@contextmanager
def _process(command: list[str], url: str, log: Path, environment: dict[str, str]) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until_answering(url, process)
        yield process.pid
    except AssertionError as error:
        raise RuntimeError(f"{error}\n{log.read_text()}") from error
    finally:
        with suppress(ProcessLookupError):
            stop(process)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr or done.stdout}")
    return done.stdout


def _basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def _version(package: str) -> str:
    return importlib.metadata.version(package)
