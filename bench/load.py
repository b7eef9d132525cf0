"""Clients with kept-alive connections, each of which asks again as soon as it is answered.

wrk where there is one, else keep_alive.py beside this file.
"""

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS, MANY, FEW = 16, 64, 2
BOTH = (CONNECTIONS, MANY)
KEEP_ALIVE = Path(__file__).parent / "keep_alive.py"
PROCESSES = 2  # of keep_alive.py; one alone is slower than the fastest server here

SCRIPT = """
wrk.method = {method}
wrk.body = {body}
{headers}
function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    io.write(string.format('{{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f, "p999": %f}}\\n',
        summary.requests, summary.duration / 1e6, failed,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
"""


@dataclass(frozen=True)
class Request:
    """One request, and the status that answers it where all is well; `slow` when it takes near a second.

    `connections`: how many clients send it at a time, one load each; FEW, where most would still wait at its end.
    """

    url: str
    status: int = 200
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    connections: tuple[int, ...] = (CONNECTIONS,)
    slow: bool = False


@dataclass(frozen=True)
class Load:
    """What a load came to: how many answers in how many seconds, how many were not good, latency in ms."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float
    p999: float


def generator() -> str:
    """Return the name of what makes the load here."""
    return "wrk" if shutil.which("wrk") else "bench/keep_alive.py"


def drive(request: Request, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Send `request` again and again over each connection for so many seconds; only to this machine."""
    check_target(request)
    run = _wrk if shutil.which("wrk") else _keep_alive
    return run(request, seconds, connections)


def check_target(request: Request) -> None:
    """Raise ValueError for a request to another machine."""
    if urlsplit(request.url).hostname != "127.0.0.1":
        raise ValueError("loads go to 127.0.0.1 only")


def _wrk(request: Request, seconds: int, connections: int) -> Load:
    headers = "\n".join(
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items()
    )
    script = SCRIPT.format(method=json.dumps(request.method), body=json.dumps(request.body), headers=headers)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        sizes = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s"]
        done = _output(["wrk", *sizes, "-s", file.name, request.url], seconds)
    return Load(**json.loads(done.splitlines()[-1]))


def _keep_alive(request: Request, seconds: int, connections: int) -> Load:
    order = json.dumps({**vars(request), "seconds": seconds, "connections": connections // PROCESSES})
    command = [sys.executable, str(KEEP_ALIVE), order]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _process in range(PROCESSES)]
    parts = [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in running]
    latencies = sorted(latency for part in parts for latency in part["latencies"])
    return Load(
        requests=len(latencies),
        seconds=max(part["seconds"] for part in parts),
        failed=sum(part["failed"] for part in parts),
        p50=percentile(latencies, 50),
        p99=percentile(latencies, 99),
        p999=percentile(latencies, 99.9),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of the values in order that so many percent do not exceed; infinity of none."""
    if not ordered:
        return math.inf
    return ordered[max(0, math.ceil(len(ordered) * percent / 100 - 1e-9) - 1)]


def _output(command: list[str], seconds: int) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=seconds + 60
    ).stdout.strip()
