"""Latency at a steady rate: each request has a moment at which it is due, whether or not the last one was answered.

A client that waits for an answer before it asks again asks less while the server is slow, and so hides what others
would have waited (coordinated omission). Here a request that is due while every connection is taken waits, and its
latency is counted from the moment at which it was due. `python -m bench.steady JSON` is one of the PROCESSES that make
the load.
"""

import json
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from select import select
from socket import socket
from typing import Any

from bench.keep_alive import Connection, connected
from bench.load import PROCESSES, Request, check_target, percentile
from tests.servers import ROOT

PATIENCE = 5  # seconds for what was asked and not answered yet when the load ends
KEPT = 0.98  # of the rate, from which on the latencies count


@dataclass(frozen=True)
class Steady:
    """What a load at a steady rate came to: requests a second wanted and answered, latency in ms, `failed` answers."""

    wanted: float
    answered: float
    failed: int
    p50: float
    p99: float
    p999: float

    @property
    def was_kept(self) -> bool:
        """Whether load and server kept up with the rate: otherwise the latencies say how long the load was."""
        return self.answered >= KEPT * self.wanted


def drive_steadily(request: Request, rate: float, seconds: int, connections: int) -> Steady:
    """Send `request` at `rate` a second for so many seconds; only to this machine."""
    check_target(request)
    order = {**vars(request), "rate": rate / PROCESSES, "seconds": seconds}
    command = [
        sys.executable,
        "-m",
        "bench.steady",
        json.dumps({**order, "connections": connections // PROCESSES}),
    ]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _process in range(PROCESSES)
    ]
    parts = [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in running]
    return together(parts, rate, seconds)


def together(parts: list[dict[str, Any]], rate: float, seconds: float) -> Steady:
    """Return what the processes found as one; a request without an answer counts as one that took for ever."""
    latencies = sorted(latency for part in parts for latency in part["latencies"])
    everyone = [*latencies, *[float("inf")] * sum(part["unanswered"] for part in parts)]
    return Steady(
        wanted=rate,
        answered=sum(part["in_time"] for part in parts) / seconds,
        failed=sum(part["failed"] for part in parts),
        p50=percentile(everyone, 50),
        p99=percentile(everyone, 99),
        p999=percentile(everyone, 99.9),
    )


class Schedule:
    """When each request is due: `rate` a second for so many seconds from `began`, at equal distances."""

    def __init__(self, began: float, rate: float, seconds: float) -> None:
        self.began, self.rate, self.number = began, rate, int(rate * seconds)
        self.taken = 0

    def next(self) -> float | None:
        """When the next one is due; None after the last."""
        return self.began + self.taken / self.rate if self.taken < self.number else None

    def take(self, now: float) -> list[float]:
        """Return the moments that have come and were not taken yet."""
        due = []
        while (moment := self.next()) is not None and moment <= now:
            due.append(moment)
            self.taken += 1
        return due


class Found:
    """What one process has found so far: the latencies in ms, and how many answers were in time or not good."""

    def __init__(self, ends: float, status: int) -> None:
        self.ends, self.status = ends, status
        self.latencies, self.in_time, self.failed = list[float](), 0, 0

    def add(self, was_due: float, status: int) -> None:
        """Note an answer that is whole now."""
        now = time.perf_counter()
        self.latencies.append((now - was_due) * 1000)
        self.in_time += now <= self.ends
        self.failed += status != self.status


def load(order: dict[str, Any]) -> dict[str, Any]:
    """Drive one address at the rate ordered."""
    with connected(order) as connections:
        began = time.perf_counter()
        schedule = Schedule(began, order["rate"], order["seconds"])
        found = Found(began + order["seconds"], order["status"])
        unanswered = _drive(deque(connections), schedule, found)
    counts = {"failed": found.failed, "in_time": found.in_time, "unanswered": unanswered}
    return {"latencies": found.latencies, **counts}


def _drive(free: deque[Connection], schedule: Schedule, found: Found) -> int:
    """Send what is due until all of it is answered, or nobody is patient any more; return what has no answer."""
    asked: dict[socket, tuple[Connection, float]] = {}  # its connection, when its request was due
    waiting, gives_up = deque[float](), found.ends + PATIENCE
    while (now := time.perf_counter()) < gives_up:
        waiting.extend(schedule.take(now))
        while waiting and free:
            connection = free.popleft()
            asked[connection.socket] = connection, waiting.popleft()
            connection.send()
        due = schedule.next()
        if not asked and due is None:
            break
        pause = max(0.0, (gives_up if due is None else due) - time.perf_counter())
        for answered in select(list(asked), [], [], pause)[0]:  # not epoll, which waits whole milliseconds
            connection, was_due = asked[answered]
            if (status := connection.receive()) is not None:
                found.add(was_due, status)
                free.append(connection)
                del asked[answered]
    return len(asked) + len(waiting) + schedule.number - schedule.taken


if __name__ == "__main__":
    print(json.dumps(load(json.loads(sys.argv[1]))))
