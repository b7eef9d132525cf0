"""The products that Latchkey is measured beside, each from packages of its own under var/bench/."""

import json
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import BOTH, FEW, Request
from bench.serving import FORM, GRANT, PEERS, VAR, WORKERS, Server, basic, granian, process, run, send
from tests.servers import ROOT, free_port

TOOLKIT_PYTHON = VAR / "toolkit" / "bin" / "python"


@contextmanager
def toolkit(database: str, folder: Path) -> Iterator[Server]:
    """django-oauth-toolkit on the same Django, psycopg and granian, from an environment under var/bench/."""
    requirements = str(PEERS / "toolkit" / "requirements.txt")
    if not TOOLKIT_PYTHON.exists():
        run([sys.executable, "-m", "venv", str(VAR / "toolkit")])
    constraints = VAR / "constraints.txt"
    constraints.write_text(versions((ROOT / "requirements.txt").read_text()))
    pip = [str(TOOLKIT_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--upgrade", "--requirement", requirements, "--constraint", str(constraints)])
    environment = {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "bench.peers.toolkit.settings",
    }
    clients = json.loads(run([str(TOOLKIT_PYTHON), "-m", "bench.peers.toolkit.prepare"], environment))
    code = "import importlib.metadata; print(importlib.metadata.version('django-oauth-toolkit'))"
    version = run([str(TOOLKIT_PYTHON), "-c", code]).strip()
    python, application = str(TOOLKIT_PYTHON), "bench.peers.toolkit.wsgi:application"
    with granian(python, application, folder / "toolkit.log", environment) as (url, pid):
        yield _toolkit(url, pid, version, clients)


def versions(requirements: str) -> str:
    """Return what is pinned without its hashes: with them pip would ask for those of the toolkit too."""
    return "".join(f"{line}\n" for line in re.findall(r"^[\w.\[\]-]+==[^\s;\\]+", requirements, re.MULTILINE))


def _toolkit(url: str, pid: int, version: str, clients: dict[str, dict[str, str]]) -> Server:
    plain, hashed = (
        {**FORM, **basic(clients[kind]["client_id"], clients[kind]["client_secret"])}
        for kind in ("plain", "hashed")
    )
    token = Request(f"{url}/oauth/token/", 200, "POST", plain, GRANT)
    value = json.loads(send(token)[1])["access_token"]

    def bearer(value: str) -> Request:
        return Request(f"{url}/protected", headers={"Authorization": f"Bearer {value}"})

    works = {
        "token": token,
        "token, hashed secret": Request(token.url, 200, "POST", hashed, GRANT, connections=(FEW,), slow=True),
        "bearer": bearer(value),
        "introspection": Request(f"{url}/oauth/introspect/", 200, "POST", plain, f"token={value}"),
    }
    return Server("toolkit", version, pid, works, bearer)


@contextmanager
def oidc(database: str, folder: Path) -> Iterator[Server]:
    """oidc-provider with its tokens and its client in PostgreSQL."""
    with _oidc("oidc", folder, {"DATABASE_URL": database}) as server:
        yield server


@contextmanager
def oidc_in_memory(database: str, folder: Path) -> Iterator[Server]:
    """oidc-provider with its tokens in the memory of each process: none outlives it, and the other has others."""
    with _oidc("oidc in memory", folder, {}) as server:
        yield server


@contextmanager
def _oidc(name: str, folder: Path, store: dict[str, str]) -> Iterator[Server]:
    """oidc-provider in as many processes, from packages under var/bench/."""
    home = VAR / "oidc"
    shutil.copytree(PEERS / "oidc", home, dirs_exist_ok=True)
    run(["npm", "install", "--prefix", str(home), "--no-audit", "--no-fund", "--loglevel=error"])
    package = json.loads((home / "node_modules" / "oidc-provider" / "package.json").read_text())
    port, client_id, secret = free_port(), secrets.token_hex(20), secrets.token_hex(20)
    environment = {
        "NODE_ENV": "production",
        "PORT": str(port),
        "PROCESSES": str(WORKERS),
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": secret,
        **store,
    }
    url = f"http://127.0.0.1:{port}"
    with process(["node", str(home / "server.js")], url, folder / f"{name}.log", environment) as pid:
        headers = {**FORM, **basic(client_id, secret)}
        yield _server(Server(name, package["version"], pid, {}), url, headers, shared=bool(store))


def _server(server: Server, url: str, headers: dict[str, str], *, shared: bool) -> Server:
    token = Request(f"{url}/token", 200, "POST", headers, GRANT, connections=BOTH)

    def introspect(value: str) -> Request:
        return Request(f"{url}/token/introspection", 200, "POST", headers, f"token={value}")

    server.works, server.proof, server.warm_up = {"token": token}, introspect, 4
    if shared:  # in memory, half of the questions would come to the process that does not have the token
        server.works["introspection"] = introspect(json.loads(send(token)[1])["access_token"])
    else:
        server.tries = 4 * WORKERS
    return server
