"""What real clients are given: an application of the served product, and their own programs."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.servers import ROOT, Served

HERE = Path(__file__).resolve().parent
PUBLISHED_PYTHON = ROOT / ".venv-clients" / "bin" / "python"
NODE_MODULES = ROOT / "var" / "clients-node"


@dataclass(frozen=True)
class Held:
    """What a client holds: its account's name, an application's ID and secret."""

    served: Served
    account: str
    application_id: str
    secret: str

    @property
    def url(self) -> str:
        return self.served.url

    def application(self, scopes: str, lifetime: str = "1 day") -> tuple[str, str]:
        """Return ID and secret of another application of the account."""
        options = ["--account", self.account, "--name", "Another", "--lifetime", lifetime, "--json"]
        made = json.loads(self.served.manage("create_application", "--scopes", scopes, *options))
        return made["application_id"], made["application_secret"]


@pytest.fixture(scope="session")
def held(served: Served) -> Held:
    """A new account with an application that has the scopes sms and groups."""
    served.environment["LATCHKEY_OWNER_PASSWORD"] = "a long and dull password"
    account = f"Marlowe {uuid.uuid4().hex[:8]}"
    served.manage("create_account", account, "--owner", f"{uuid.uuid4().hex}@marlowe.example")
    options = ["--account", account, "--name", "Mine", "--scopes", "sms groups", "--json"]
    made = json.loads(served.manage("create_application", *options))
    return Held(served, account, made["application_id"], made["application_secret"])


@pytest.fixture
def published() -> Callable[..., Any]:
    """`published("oauth.py", …)`: run a program with the platform's published client, return what it printed."""
    if not PUBLISHED_PYTHON.exists():
        _missing("the platform's published client (./run test installs it)")

    def run(program: str, *arguments: str) -> Any:
        return _printed([str(PUBLISHED_PYTHON), str(HERE / "published" / program), *arguments])

    return run


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """`node("openid_client.mjs", …)`: run a program with openid-client, return what it printed."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("No node here, so openid-client did NOT try this server.")
    _install(npm)

    def run(name: str, *arguments: str) -> Any:
        return _printed([program, str(NODE_MODULES / name), *arguments])

    return run


def _install(npm: str) -> None:
    """Install beside a copy of the programs, unless that was done before; two at once do not mix."""
    wanted = (HERE / "node" / "package.json").read_text()
    done = NODE_MODULES / "installed.json"
    if not done.exists() or done.read_text() != wanted:
        fresh = NODE_MODULES.with_name(f"clients-node-{uuid.uuid4().hex[:8]}")
        shutil.copytree(HERE / "node", fresh)
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        ran = subprocess.run([npm, "install", *quiet], cwd=fresh, capture_output=True, text=True, timeout=120)
        if ran.returncode:
            shutil.rmtree(fresh)
            _missing(f"openid-client ({ran.stderr.strip()[-200:]})")
        (fresh / "installed.json").write_text(wanted)
        shutil.rmtree(NODE_MODULES, ignore_errors=True)
        fresh.rename(NODE_MODULES)
    for source in (HERE / "node").glob("*.mjs"):
        shutil.copy(source, NODE_MODULES)


def _printed(command: list[str]) -> Any:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"No {what}: it must be tried in CI.")
    pytest.skip(f"No {what}, so it did NOT try this server.")
