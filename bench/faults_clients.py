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
# Cases of hostile input, held against every path of the API, of OAuth and of the panel.
HOSTILE = ("tests/api/test_fuzz.py", "tests/panel/test_fuzz.py", "tests/oauth/test_framing.py")


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


def hostile_input(_stage: Stage) -> Iterator[Row]:
    """Run the tests that hold hostile input against every path."""
    command = [sys.executable, "-m", "pytest", *HOSTILE, "-q", "-n", "0", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    passed = re.search(r"(\d+) passed", done.stdout)
    yield Row(
        "hostile input",
        "never a 5xx, never a wrong yes",
        f"{passed[1] if passed else 'no'} tests passed, {_failed(done.stdout)} failed ({', '.join(HOSTILE)})",
        done.returncode == 0 and passed is not None,
    )


def _failed(printed: str) -> int:
    found = re.search(r"(\d+) failed", printed)
    return int(found[1]) if found else 0
