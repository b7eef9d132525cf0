"""Clients that are slow, and clients that mean harm."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

from bench.faults_stage import Row, Stage
from bench.load import Load, Request, drive
from bench.serving import FORM, GRANT, basic
from bench.trickle import trickling
from tests.servers import ROOT

SLOW, SECONDS = 50, 4
# Over 400 cases, against every path of the API and of OAuth, sent to a served process. Pages have tests of their own,
# which take longer: tests/panel/test_fuzz.py.
HOSTILE = "tests/api/test_fuzz.py"


def slow_clients(stage: Stage) -> Iterator[Row]:
    """Ask for tokens beside clients that send a body a byte a second."""
    request = _token_request(stage)
    alone = drive(request, SECONDS)
    with trickling(request.url, SLOW):
        beside = drive(request, SECONDS)
    found = f"{_told(beside)} beside them; {_told(alone)} without"
    yield Row(
        f"{SLOW} slow clients",
        "token requests go on being answered",
        found,
        not (alone.failed or beside.failed) and beside.requests > alone.requests / 2,
    )


def _token_request(stage: Stage) -> Request:
    headers = {**FORM, **basic(stage.client.application_id, stage.client.secret)}
    return Request(f"{stage.served.url}/oauth/token", 200, "POST", headers, GRANT)


def _told(load: Load) -> str:
    rate = load.requests / load.seconds
    return f"{rate:,.0f} tokens a second, p99 {load.p99:.0f} ms, {load.failed} failed"


def begin_hostile_input() -> subprocess.Popen[str]:
    """Start the tests that hold hostile input against every path."""
    command = [sys.executable, "-m", "pytest", HOSTILE, "-q", "-n", "0", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def hostile_input(tests: subprocess.Popen[str]) -> Row:
    """Return what came of them."""
    printed = tests.communicate()[0]
    passed, failed, skipped = (_number_of(word, printed) for word in ("passed", "failed", "skipped"))
    return Row(
        "hostile input, over 400 cases",
        "never a 5xx, never a wrong yes",
        f"{passed} tests passed, {failed} failed, {skipped} skipped (`{HOSTILE}`)",
        tests.returncode == 0 and passed > 0 and not skipped,
    )


def _number_of(word: str, printed: str) -> int:
    found = re.search(rf"(\d+) {word}", printed)
    return int(found[1]) if found else 0
