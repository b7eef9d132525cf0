"""Latchkey beside Django's hello world and its peers, in one run: `./run bench`. See README.md."""

import argparse
import json
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import psycopg

from bench import report, servers
from bench.load import CONNECTIONS, Load, Request, drive, generator
from bench.processes import cpu_seconds, parent
from bench.servers import Server, send
from tests.postgres import postgres

type Starter = Callable[[str, Path], AbstractContextManager[Server]]

STARTERS: dict[str, Starter] = {
    "latchkey": servers.latchkey,
    "hello": servers.hello,
    "toolkit": servers.toolkit,
    "oidc": servers.oidc,
}
PEERS = {"toolkit", "oidc"}
SAMPLES = 20  # tokens taken under load, to be held against each other and tried
FEW = 2  # connections


@dataclass(frozen=True)
class Sample:
    """One load on one server: what it came to, and CPU-ms per request of the server and of PostgreSQL."""

    load: Load
    server_ms: float
    postgres_ms: float


def main() -> None:
    """Start everything, measure in turns, print the tables."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-")))
        url = stack.enter_context(postgres(durable=True))
        running = [stack.enter_context(_started(name, url, folder)) for name in _chosen(options)]
        samples = _measure(running, _pid_of(url), options.rounds, options.seconds)
        print(report.heading(running, generator(), options.rounds, options.seconds))
        print(report.figures(samples))
        print(report.goals(samples))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of each load (4)")
    parser.add_argument("--rounds", type=int, default=3, help="in which each load has its turn (3)")
    parser.add_argument("--only", default=",".join(STARTERS), help="such as latchkey,hello")
    parser.add_argument("--without-peers", action="store_true", help="the same as --only latchkey,hello")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[str]:
    names = ["latchkey", "hello"] if options.without_peers else options.only.split(",")
    if unknown := set(names) - set(STARTERS):
        raise SystemExit(f"There is no {', '.join(unknown)}; there are {', '.join(STARTERS)}.")
    if "oidc" in names and not (shutil.which("node") and shutil.which("npm")):
        print("oidc-provider is left out: there is no node with npm here.", file=sys.stderr)
        names.remove("oidc")
    return names


def _started(name: str, url: str, folder: Path) -> AbstractContextManager[Server]:
    print(f"Starting {name}", file=sys.stderr)
    return STARTERS[name](_database(url, name), folder)


def _database(url: str, name: str) -> str:
    """Return the URL of a new database on the one server that all of them share."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE bench_{name}")
    return url.replace(urlsplit(url).path, f"/bench_{name}", 1)


def _pid_of(url: str) -> int:
    with psycopg.connect(url) as connection:
        return parent(connection.info.backend_pid)


def _measure(running: list[Server], postgres_pid: int, rounds: int, seconds: int) -> report.Samples:
    """Give each work of each server its turn, round by round, so that what else this machine does hits all."""
    turns = [(server, work) for server in running for work in _served(server)]
    for server, work in turns:
        _probe(server, work)
        drive(server.works[work], 1, FEW if work in server.few else CONNECTIONS)  # connections, plans, caches
    samples: report.Samples = defaultdict(list)
    for number in range(rounds):
        for server, work in turns:
            if number and work in server.few:
                continue
            print(f"Round {number + 1} of {rounds}: {server.name}, {work}", file=sys.stderr)
            samples[server.name, work].append(_sample(server, work, postgres_pid, seconds))
    return samples


def _served(server: Server) -> list[str]:
    """The works whose address exists; what is missing is said, not hidden."""
    missing = [work for work, request in server.works.items() if send(request)[0] == 404]
    for work in missing:
        print(f"{server.name} does not serve {server.works[work].url}: left out.", file=sys.stderr)
    return [work for work in server.works if work not in missing]


def _probe(server: Server, work: str) -> None:
    status, body = send(server.works[work])
    if status != server.works[work].status or '"active":false' in body.replace(" ", ""):
        raise SystemExit(f"{server.name}, {work}: {status} {body[:300]}")


def _sample(server: Server, work: str, postgres_pid: int, seconds: int) -> report.Sample:
    pids = (server.pid, postgres_pid)
    taken = TokenTaker(server, work)
    before = [cpu_seconds(pid) for pid in pids]
    with taken:
        load = drive(server.works[work], seconds, FEW if work in server.few else CONNECTIONS)
    server_ms, postgres_ms = (
        (cpu_seconds(pid) - start) * 1000 / load.requests for pid, start in zip(pids, before, strict=True)
    )
    if load.failed:
        raise SystemExit(f"{server.name}, {work}: {load.failed} of {load.requests} answers were not good.")
    taken.check()
    return report.Sample(load, server_ms, postgres_ms)
