"""Each gateway of deploy/, started with its file on other ports."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.descriptions import DEPLOY
from tests.deploy.gateways import call, replaced, start
from tests.servers import ROOT, free_port, stop

type Two = tuple[int, int]  # the ports at which the API and Latchkey are reached through a gateway
SECONDS_TO_READ = 20
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


@contextmanager
def envoy_in_front(latchkey_port: int, api_port: int, folder: Path, host: str = HOST) -> Iterator[Two]:
    """Run Envoy with deploy/envoy on other ports, for any Host."""
    program = found("envoy", "requirements-dev.txt has it")
    ports = free_port(), free_port()
    changes = {
        "address: 0.0.0.0, port_value: 8444": f"address: 127.0.0.1, port_value: {ports[0]}",
        "address: 0.0.0.0, port_value: 8443": f"address: 127.0.0.1, port_value: {ports[1]}",
        "domains: [api.sms.example]": 'domains: ["*"]',
        f"domains: [{HOST}]": 'domains: ["*"]',
        "port_value: 8000": f"port_value: {latchkey_port}",
        "port_value: 9000": f"port_value: {api_port}",
    }
    configuration = replaced((DEPLOY / "envoy" / "envoy.yaml").read_text(), changes)
    (folder / "envoy.yaml").write_text(configuration)
    limits = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    process = start([program, "-c", "envoy.yaml", *limits], folder, ports[0])
    try:
        yield ports
    finally:
        stop(process)


@contextmanager
def traefik_in_front(latchkey_port: int, api_port: int, folder: Path, host: str = HOST) -> Iterator[Two]:
    """Run Traefik with deploy/traefik on other ports, told apart by them and not by Host."""
    program = found("traefik", "requirements-dev.txt has it")
    ports = free_port(), free_port()
    changes = {
        "rule: Host(`api.sms.example`)": "entryPoints: [api]\n      rule: PathPrefix(`/`)",
        f"rule: Host(`{HOST}`)": "entryPoints: [latchkey]\n      rule: PathPrefix(`/`)",
        "127.0.0.1:8000": f"127.0.0.1:{latchkey_port}",
        "127.0.0.1:9000": f"127.0.0.1:{api_port}",
    }
    (folder / "dynamic.yaml").write_text(replaced((DEPLOY / "traefik" / "dynamic.yaml").read_text(), changes))
    entries = [
        f"--entryPoints.{name}.address=127.0.0.1:{port}"
        for name, port in zip(("api", "latchkey"), ports, strict=True)
    ]
    quiet = ["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]
    process = start([program, *entries, *quiet, "--providers.file.filename=dynamic.yaml"], folder, ports[0])
    try:
        wait_for_routes(ports[0])
        yield ports
    finally:
        stop(process)


def wait_for_routes(port: int) -> None:
    """Return once Traefik has read its file: before that it answers 404 to everything."""
    deadline = time.monotonic() + SECONDS_TO_READ
    while call(port, "/groups").status == 404:
        assert time.monotonic() < deadline, "Traefik has not read its file"
        time.sleep(0.05)


def found(program: str, where: str) -> str:
    """Return where a program is; without it, skip loudly, and fail in CI."""
    unpacked = ROOT / "var" / program / "usr" / "sbin"  # by ./run
    places = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin", str(unpacked)]
    if path := shutil.which(program, path=os.pathsep.join(places)):
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"No {program} ({where}): the gateway tests must run in CI.")
    pytest.skip(f"No {program} ({where}), so its tests did NOT run.")


# Those that can answer with words of their own when Latchkey does not judge a credential.
WITH_OWN_WORDS = {"nginx": nginx_in_front, "caddy": caddy_in_front, "haproxy": haproxy_in_front}
WITHOUT = {"envoy": envoy_in_front, "traefik": traefik_in_front}
IN_FRONT = {**WITH_OWN_WORDS, **WITHOUT}
