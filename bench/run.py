"""Latchkey beside Django's hello world and its peers, in one run: `./run bench`. README.md says what is measured."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench import products, report, servers
from bench.load import generator
from bench.measure import measure
from bench.picture import picture
from bench.processes import parent
from bench.serving import Server
from tests.postgres import postgres
from tests.servers import ROOT

STARTERS: dict[str, Callable[[str, Path], AbstractContextManager[Server]]] = {
    "latchkey": servers.latchkey,
    "first": servers.first_release,
    "hello": servers.hello,
    "bare": servers.bare,
    "toolkit": products.toolkit,
    "oidc": products.oidc,
    "oidc in memory": products.oidc_in_memory,
}
OF_THIS_CHECKOUT = ["latchkey", "hello", "bare"]
PICTURE = ROOT / "docs" / "speed.svg"


def main() -> None:
    """Start everything, measure in turns, print the tables and write the picture."""
    options, busy = _options(), os.getloadavg()[0]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, what was started is ended
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-")))
        url = stack.enter_context(postgres(durable=True))
        running = [stack.enter_context(_started(name, url, folder)) for name in _chosen(options)]
        results = measure(running, _pid_of(url), options.rounds, options.seconds, options.steady)
    print(report.heading(running, generator(), options.rounds, options.seconds, busy))
    print(report.figures(results))
    print(report.latencies(results))
    print(report.goals(results))
    if options.picture:
        options.picture.write_text(picture(results, _note(), busy))
        print(
            f"Written, for README: ![How fast Latchkey is beside others]({options.picture})", file=sys.stderr
        )


def _note() -> str:
    cores, day = os.cpu_count(), datetime.now(UTC)
    return f"{generator()}, server and PostgreSQL (fsync on) on {cores} cores together, {day.day} {day:%B %Y}"


def _at_least_one(text: str) -> int:
    """Return a whole number of seconds or rounds; without any there is nothing to tell."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return int(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--seconds", type=_at_least_one, help="of each load (2)")
    parser.add_argument("--steady", type=_at_least_one, help="seconds of each load at half the rate (4)")
    parser.add_argument("--rounds", type=_at_least_one, help="in each of which every load has its turn (3)")
    parser.add_argument("--only", help="such as latchkey,hello")
    parser.add_argument(
        "--without-peers", action="store_true", help=f"the same as --only {','.join(OF_THIS_CHECKOUT)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="without peers, one round of a second: under a minute"
    )
    parser.add_argument("--picture", type=Path, help="where the picture goes (docs/speed.svg with all peers)")
    options = parser.parse_args()
    usual = (
        {"seconds": 1, "steady": 1, "rounds": 1}
        if options.quick
        else {"seconds": 2, "steady": 4, "rounds": 3}
    )
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if not (options.quick or options.without_peers or options.only or options.picture):
        options.picture = PICTURE
    return options


def _chosen(options: argparse.Namespace) -> list[str]:
    if options.only:
        names = options.only.split(",")
    else:
        names = OF_THIS_CHECKOUT if options.quick or options.without_peers else list(STARTERS)
    if unknown := set(names) - set(STARTERS):
        raise SystemExit(f"There is no {', '.join(unknown)}; there are {', '.join(STARTERS)}.")
    return [name for name in names if _is_there(name)]


def _is_there(name: str) -> bool:
    if name.startswith("oidc") and not (shutil.which("node") and shutil.which("npm")):
        print("oidc-provider is left out: there is no node with npm here.", file=sys.stderr)
        return False
    if name == "first" and not servers.has_first_release():
        print("The first release is left out: the history here does not go back to it.", file=sys.stderr)
        return False
    return True


def _started(name: str, url: str, folder: Path) -> AbstractContextManager[Server]:
    print(f"Starting {name}", file=sys.stderr)
    return STARTERS[name](_database(url, name), folder)


def _database(url: str, name: str) -> str:
    """Return the URL of a new database on the one server that all of them share."""
    database = f"bench_{name.replace(' ', '_')}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    return url.replace(urlsplit(url).path, f"/{database}", 1)


def _pid_of(url: str) -> int:
    with psycopg.connect(url) as connection:
        return parent(connection.info.backend_pid)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
