"""The real nginx, Caddy and HAProxy, with the files of deploy/, in front of an API and of the served product."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.gateways import HOME, Api, Gateway, Product, call, port_of, replaced, start
from tests.servers import ROOT, Served, free_port, stop

DEPLOY = ROOT / "deploy"
ACCOUNT = "Marlowe"


@pytest.fixture(scope="session")
def api_port() -> Iterator[int]:
    """An API that is served, and where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, that trusts the gateway, with an account and its credentials."""
    served = Served(
        tmp_path_factory.mktemp("behind-gateways"),
        workers=1,
        TRUSTED_PROXIES="127.0.0.1/32",
        ALLOWED_HOSTS="127.0.0.1,latchkey.example",
        LATCHKEY_OWNER_PASSWORD="a long and dull password",
    )
    account = json.loads(served.manage("create_account", ACCOUNT, "--owner", "a@marlowe.example", "--json"))
    (mine, secret), (restricted, restricted_secret) = (
        make_application(served, name) for name in ("Mine", "Restricted")
    )
    served.manage("allow_ip", HOME, "--application", restricted)
    options = ["--account", ACCOUNT, "--scopes", "groups sms", "--json"]
    yield Product(
        served=served,
        account_id=str(account["account_id"]),
        application_id=mine,
        secret=secret,
        token=ask_token(port_of(served), mine, secret),
        restricted_token=ask_token(port_of(served), restricted, restricted_secret),
        key=json.loads(served.manage("create_api_key", *options))["api_key"],
    )
    served.stop()


def make_application(served: Served, name: str) -> tuple[str, str]:
    """Return ID and secret of a new application with the scope groups."""
    options = ["--account", ACCOUNT, "--name", name, "--scopes", "groups", "--json"]
    made = json.loads(served.manage("create_application", *options))
    return made["application_id"], made["application_secret"]


def ask_token(port: int, client_id: str, secret: str) -> str:
    """Return an access token, asked for from HOME."""
    body = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    answer = call(
        port, "/oauth/token", method="POST", body=body, Content_Type="application/x-www-form-urlencoded"
    )
    assert answer.status == 200, answer.body
    return str(answer.json["access_token"])


type Two = tuple[int, int]  # the ports at which the API and Latchkey are reached through a gateway
HOST = "latchkey.example"  # by which the gateways ask


@contextmanager
def nginx_in_front(
    latchkey_port: int, api_port: int, folder: Path, host: str = HOST, other_port: int | None = None
) -> Iterator[Two]:
    """Run nginx with deploy/nginx, as far as it goes without root and on other ports."""
    program = found("nginx", "apt install nginx")
    ports = free_port(), free_port()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "127.0.0.1:9000": f"127.0.0.1:{api_port}",
        f"Host {HOST};": f"Host {host};",
    }
    (folder / "api.conf").write_text(replaced((DEPLOY / "nginx" / "api.conf").read_text(), changes))
    changes = {
        "listen 80;": f"listen 127.0.0.1:{ports[1]};",
        "127.0.0.1:8000": f"127.0.0.1:{latchkey_port}",
        "127.0.0.1:8001": f"127.0.0.1:{other_port or latchkey_port}",
    }
    (folder / "latchkey.conf").write_text(replaced((DEPLOY / "nginx" / "latchkey.conf").read_text(), changes))
    shutil.copytree(DEPLOY / "nginx" / "snippets", folder / "snippets")
    (folder / "nginx.conf").write_text(nginx_around(folder))
    process = start([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], folder, ports[0])
    try:
        yield ports
    finally:
        stop(process)


def nginx_around(folder: Path) -> str:
    """What Debian's own nginx.conf is to a server, as far as it matters, without its root and its paths."""
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
        daemon off; pid {folder}/nginx.pid; error_log stderr warn; worker_processes 1;
        events {{}}
        http {{ access_log off; {places} include {folder}/latchkey.conf; include {folder}/api.conf; }}
    """


@contextmanager
def caddy_in_front(latchkey_port: int, api_port: int, folder: Path, host: str = HOST) -> Iterator[Two]:
    """Run Caddy with deploy/caddy on other ports, without TLS and without its own API."""
    program = found("caddy", "requirements-dev.txt has it")
    ports = free_port(), free_port()
    changes = {
        "api.sms.example {": f"http://127.0.0.1:{ports[0]} {{",
        "latchkey.example {": f"http://127.0.0.1:{ports[1]} {{",
        "127.0.0.1:8000": f"127.0.0.1:{latchkey_port}",
        "127.0.0.1:9000": f"127.0.0.1:{api_port}",
        f"header_up Host {HOST}": f"header_up Host {host}",
    }
    configuration = replaced((DEPLOY / "caddy" / "Caddyfile").read_text(), changes)
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tpersist_config off\n}}\n{configuration}")
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = start([program, "run", "--config", "Caddyfile"], folder, ports[0], **home)
    try:
        yield ports
    finally:
        stop(process)


@contextmanager
def haproxy_in_front(latchkey_port: int, api_port: int, folder: Path, host: str = HOST) -> Iterator[Two]:
    """Run HAProxy with deploy/haproxy on other ports."""
    program = found("haproxy", "apt install haproxy")
    ports = free_port(), free_port()
    changes = {
        "bind :8080\n": f"bind 127.0.0.1:{ports[0]}\n",
        "bind :80\n": f"bind 127.0.0.1:{ports[1]}\n",
        "127.0.0.1:8000": f"127.0.0.1:{latchkey_port}",
        "127.0.0.1:9000": f"127.0.0.1:{api_port}",
        f"LATCHKEY_HOST {HOST}": f"LATCHKEY_HOST {host}",
        "/etc/haproxy/": f"{DEPLOY / 'haproxy'}/",
    }
    configuration = replaced((DEPLOY / "haproxy" / "haproxy.cfg").read_text(), changes)
    (folder / "haproxy.cfg").write_text(configuration)
    libraries = ":".join(
        map(str, Path(program).parents[1].glob("lib/*-linux-gnu"))
    )  # those that ./run has unpacked
    command = [program, "-db", "-f", str(folder / "haproxy.cfg")]
    process = start(command, folder, ports[0], LD_LIBRARY_PATH=libraries)
    try:
        yield ports
    finally:
        stop(process)


def found(program: str, where: str) -> str:
    """Return where a program is; without it, skip loudly, and fail in CI."""
    unpacked = ROOT / "var" / program / "usr" / "sbin"  # by ./run
    places = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin", str(unpacked)]
    if path := shutil.which(program, path=os.pathsep.join(places)):
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"No {program} ({where}): the gateway tests must run in CI.")
    pytest.skip(f"No {program} ({where}), so its tests did NOT run.")


IN_FRONT = {"nginx": nginx_in_front, "caddy": caddy_in_front, "haproxy": haproxy_in_front}


@pytest.fixture(scope="session", params=list(IN_FRONT))
def ports(
    request: pytest.FixtureRequest,
    product: Product,
    api_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Two]:
    """Each gateway in turn."""
    with IN_FRONT[request.param](product.port, api_port, tmp_path_factory.mktemp(request.param)) as two:
        yield two


@pytest.fixture
def gateway(ports: Two, product: Product) -> Gateway:
    """Each gateway in turn, in front of the API."""
    return Gateway(ports[0], product)


@pytest.fixture
def front(ports: Two, product: Product) -> Gateway:
    """Each gateway in turn, in front of Latchkey."""
    return Gateway(ports[1], product)


@pytest.fixture(params=list(IN_FRONT))
def alone(
    request: pytest.FixtureRequest, product: Product, api_port: int, tmp_path: Path
) -> Iterator[Gateway]:
    """Each gateway in turn, in front of the API, with nobody there who could judge a credential."""
    with IN_FRONT[request.param](free_port(), api_port, tmp_path) as two:
        yield Gateway(two[0], product)


@pytest.fixture(params=list(IN_FRONT))
def misnamed(
    request: pytest.FixtureRequest, product: Product, api_port: int, tmp_path: Path
) -> Iterator[Gateway]:
    """Each gateway in turn, in front of the API, asking by a Host that Latchkey does not have."""
    host = f"{request.param}.wrong.example"
    with IN_FRONT[request.param](product.port, api_port, tmp_path, host) as two:
        yield Gateway(two[0], product)
