"""Runs the tests on SQLite, then on a real PostgreSQL: `python -m tests.both_databases [pytest's arguments]`.

On SQLite the browser stays away and so do the tests that only PostgreSQL can pass or fail, and those of a whole
server and its neighbours. What knows no database runs once too, on SQLite. The last lines say what came of
each; the exit code is 0 only when both passed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

from tests.postgres import postgres

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "var" / "test-results"
SERVERS = (
    "tests/api/test_fuzz.py",
    "tests/api/test_schemathesis.py",
    "tests/authentication/test_served_addresses.py",
    "tests/deploy",
    "tests/front",
    "tests/panel/test_quick_start.py",
)
WITHOUT_DATABASE = (
    "tests/architecture/test_arrows.py",
    "tests/architecture/test_documents.py",
    "tests/architecture/test_operations.py",
    "tests/rules",
)
NO_TESTS_COLLECTED = 5
ENDED_BY_REQUEST = 130
SECONDS_TO_TIDY_UP = 20


class Ended(Exception):
    """Someone asked the run to end (Ctrl-C or TERM)."""


def main(arguments: list[str]) -> int:
    """Run both passes and return the exit code for the shell."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    RESULTS.mkdir(parents=True, exist_ok=True)
    # A caller's own `-m` comes later, and the later one counts.
    on_sqlite = ["-m", "not browser and not postgres", *_ignoring(SERVERS), *arguments]
    on_postgresql = [*_ignoring(WITHOUT_DATABASE), *arguments]
    try:
        codes = [_run_pytest("SQLite", on_sqlite, database_url=None)]
        with ExitStack() as stack:
            with _signals_held():
                url = stack.enter_context(postgres())
            codes.append(_run_pytest("PostgreSQL", on_postgresql, database_url=url))
    except Ended:
        return ENDED_BY_REQUEST
    return _report({"SQLite": codes[0], "PostgreSQL": codes[1]})


def _ignoring(paths: tuple[str, ...]) -> list[str]:
    return [f"--ignore={path}" for path in paths]


def _end(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows tidies up
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise Ended


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let no request to end come between a server's start and the moment that its end is promised."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _run_pytest(database: str, arguments: list[str], *, database_url: str | None) -> int:
    print(f"\n--- Tests on {database}", flush=True)
    _result(database).unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if database_url is not None:
        environment["DATABASE_URL"] = database_url
    options = ["-n", "2", "--dist", "worksteal", f"--junit-xml={_result(database)}"]
    with _own_group([sys.executable, "-m", "pytest", *options, *arguments], environment) as pytest:
        return pytest.wait()


@contextmanager
def _own_group(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command as the leader of a process group, and end the group with it.

    So no server or browser outlives the tests, whatever became of the test process that started it.
    """
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    except Ended:
        process.send_signal(signal.SIGINT)  # pytest then closes its fixtures
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_TIDY_UP)
        raise
    finally:
        _end_group(process.pid)


def _end_group(group: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_TIDY_UP
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)


def _report(codes: dict[str, int]) -> int:
    print()
    for database in codes:
        print(f"{database}: {_totals(database)}")
    failed = [code for code in codes.values() if code not in (0, NO_TESTS_COLLECTED)]
    if failed:
        return failed[0]
    return NO_TESTS_COLLECTED if set(codes.values()) == {NO_TESTS_COLLECTED} else 0


def _totals(database: str) -> str:
    if not _result(database).exists():
        return "pytest wrote no result"
    counts = [suite.attrib for suite in ElementTree.parse(_result(database)).iter("testsuite")]
    tests, failures, errors, skipped = (
        sum(int(count[name]) for count in counts) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped"


def _result(database: str) -> Path:
    return RESULTS / f"{database.lower()}.xml"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
