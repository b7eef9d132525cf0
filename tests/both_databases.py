"""Runs the tests on SQLite, then on a real PostgreSQL: `python -m tests.both_databases [pytest's arguments]`.

On SQLite the browser stays away and so do the tests that only PostgreSQL can pass or fail, and those that talk to
processes of the product. What is the same on any database (tests/once.py) runs once too, on SQLite. The last lines
say what came of each; the exit code is 0 only when both passed.

With a file or a folder among the arguments, all of its tests run on SQLite alone and in this one process, which takes
seconds; `--sqlite` and `--postgresql` name the one database to use, with a file or without.
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

from tests.once import NOT_ONCE
from tests.postgres import DATABASE, MIGRATED, postgres

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "var" / "test-results"
ONCE_ON_POSTGRESQL = "browser or served or postgres"
DATABASES = {"--sqlite": "SQLite", "--postgresql": "PostgreSQL"}
# Three, also on two cores: some of the time is waiting for browsers, servers and what has to take long.
WORKERS = ["-n", "3", "--dist", "worksteal"]
# Once: the databases of the tests' processes and of the served ones are copies.
MIGRATE = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
# Without compiled files each of some fifty processes would compile the product and the tests anew.
NOT_INHERITED = {"DATABASE_URL", MIGRATED, "PYTHONDONTWRITEBYTECODE"}
NO_TESTS_COLLECTED = 5
ENDED_BY_REQUEST = 130
SECONDS_TO_TIDY_UP = 20


class Ended(Exception):
    """Someone asked the run to end (Ctrl-C or TERM)."""


def main(arguments: list[str]) -> int:
    """Run what was asked for and return the exit code for the shell."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("test_*"):  # what failing tests of the browser left (tests/browser/evidence.py)
        old.unlink()
    try:
        return _report(_run(_planned(arguments)))
    except Ended:
        return ENDED_BY_REQUEST


def _planned(arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Return the databases to run on, each with pytest's options there."""
    rest = [argument for argument in arguments if argument not in DATABASES]
    named = [DATABASES[argument] for argument in arguments if argument in DATABASES]
    if any(_is_path(argument) for argument in rest):
        return [(database, ["-rs", *rest]) for database in named or ["SQLite"]]
    # A caller's own `-m` comes later, and the later one counts.
    of_all = {
        "SQLite": [*WORKERS, "-m", f"not ({ONCE_ON_POSTGRESQL})", *rest],
        "PostgreSQL": [*WORKERS, "-m", NOT_ONCE, *rest],
    }
    if named:
        return [(database, [*WORKERS, *rest]) for database in named]
    return list(of_all.items())


def _is_path(argument: str) -> bool:
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()


def _run(planned: list[tuple[str, list[str]]]) -> dict[str, int]:
    """Return the exit code of each run. PostgreSQL gets ready while the tests run on SQLite."""
    with ExitStack() as stack:
        ready = stack.enter_context(_getting_ready()) if "PostgreSQL" in dict(planned) else None
        return {database: _run_on(database, options, ready) for database, options in planned}


@contextmanager
def _getting_ready() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a PostgreSQL; yield the URL of a database and the process that migrates it."""
    with ExitStack() as stack:
        with _signals_held():
            url = stack.enter_context(postgres())
        environment = _environment(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="tests.settings")
        yield url, stack.enter_context(_own_group(MIGRATE, environment))


def _run_on(database: str, options: list[str], ready: tuple[str, subprocess.Popen[bytes]] | None) -> int:
    if database == "SQLite" or ready is None:
        return _run_pytest(database, options)
    url, migrating = ready
    return migrating.wait() or _run_pytest(database, options, DATABASE_URL=url, **{MIGRATED: DATABASE})


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


def _run_pytest(database: str, arguments: list[str], **environment: str) -> int:
    print(f"\n--- Tests on {database}", flush=True)
    _result(database).unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", f"--junit-xml={_result(database)}", *arguments]
    with _own_group(command, _environment(**environment)) as pytest:
        return pytest.wait()


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {**kept, **more}


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
