"""Latchkey beside Django's hello world and its peers, in one run: `./run bench`. README.md says what is measured."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench import report, servers
from bench.load import generator
from bench.measure import measure
from bench.processes import parent
from bench.servers import Server
from tests.postgres import postgres

STARTERS: dict[str, Callable[[str, Path], AbstractContextManager[Server]]] = {
    "latchkey": servers.latchkey,
    "hello": servers.hello,
    "toolkit": servers.toolkit,
    "oidc": servers.oidc,
}


def main() -> None:
    """Start everything, measure in turns, print the tables."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, what was started is ended
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-")))
        url = stack.enter_context(postgres(durable=True))
        running = [stack.enter_context(_started(name, url, folder)) for name in _chosen(options)]
        samples = measure(running, _pid_of(url), options.rounds, options.seconds)
        print(report.heading(running, generator(), options.rounds, options.seconds))
        print(report.figures(samples))
        print(report.goals(samples))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of each load (4)")
    parser.add_argument("--rounds", type=int, default=3, help="in each of which every load has its turn (3)")
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


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
