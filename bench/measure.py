"""Giving each work of each server its turn, and holding what was answered against what should have been."""

import json
import statistics
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.load import CONNECTIONS, Load, Request, drive
from bench.processes import cpu_seconds
from bench.serving import Server, send
from bench.steady import Steady, drive_steadily
from bench.trickle import trickling

TOKENS = 20  # taken while the load runs, to be held against each other and tried
SLOW = 4  # seconds at least of a load whose answers take near one
BESIDE_SLOW_CLIENTS = ("token", "verify")


class Turn(NamedTuple):
    """One load: what is asked of which server, over how many connections."""

    server: str
    work: str
    connections: int = CONNECTIONS


@dataclass(frozen=True)
class Sample:
    """One load on one server: what it came to, and CPU-ms per request of the server and of PostgreSQL."""

    load: Load
    server_ms: float
    postgres_ms: float


@dataclass(frozen=True)
class Figures:
    """What was measured of one Turn: medians over the rounds. CPU in ms per request, latencies in ms."""

    rate: float
    server_ms: float
    postgres_ms: float
    p50: float
    p99: float

    @property
    def per_core(self) -> float:
        """Requests a second that one core of server and PostgreSQL together answers."""
        return 1000 / max(self.server_ms + self.postgres_ms, 1e-9)


@dataclass
class Results:
    """All that a run found: at saturation, at half of that rate, and the same beside slow clients."""

    saturated: dict[Turn, Figures] = field(default_factory=dict)
    steady: dict[Turn, Steady] = field(default_factory=dict)
    beside_slow: dict[Turn, Steady] = field(default_factory=dict)


def measure(
    running: list[Server], postgres_pid: int, rounds: int, seconds: int, steady_seconds: int
) -> Results:
    """Return what each Turn came to: A B C, A B C, so that a drift of the machine hits all alike.

    Ends with SystemExit at an answer that is not as it should be: a figure for wrong answers is none.
    """
    turns = [
        (server, Turn(server.name, work, connections))
        for server in running
        for work in _served(server)
        for connections in server.works[work].connections
    ]
    for server in running:
        for work in server.works:
            _check_answer(server, work)
            _say(f"Warming up: {server.name}, {work}")
            drive(server.works[work], server.warm_up)
    samples: dict[Turn, list[Sample]] = defaultdict(list)
    for number in range(rounds):
        for server, turn in turns:
            if number == 0 or not server.works[turn.work].slow:
                _say(
                    f"Round {number + 1} of {rounds}: {turn.server}, {turn.work}, {turn.connections} connections"
                )
                patience = max(seconds, SLOW) if server.works[turn.work].slow else seconds
                samples[turn].append(_sample(server, turn, postgres_pid, patience))
    results = Results({turn: figures_of(taken) for turn, taken in samples.items()})
    _measure_steadily(turns, results, steady_seconds)
    return results


def figures_of(taken: list[Sample]) -> Figures:
    """Return the median of each figure."""
    return Figures(
        rate=statistics.median(sample.load.requests / sample.load.seconds for sample in taken),
        server_ms=statistics.median(sample.server_ms for sample in taken),
        postgres_ms=statistics.median(sample.postgres_ms for sample in taken),
        p50=statistics.median(sample.load.p50 for sample in taken),
        p99=statistics.median(sample.load.p99 for sample in taken),
    )


def _measure_steadily(turns: list[tuple[Server, Turn]], results: Results, seconds: int) -> None:
    """Ask at half the rate that was the most, each over CONNECTIONS."""
    for server, turn in turns:
        request = server.works[turn.work]
        if turn.connections != CONNECTIONS or request.slow:
            continue
        rate = results.saturated[turn].rate / 2
        _say(f"Half the rate: {turn.server}, {turn.work}")
        results.steady[turn] = _steady(turn, request, rate, seconds)
        if turn.server == "latchkey" and turn.work in BESIDE_SLOW_CLIENTS:
            _say(f"Beside slow clients: {turn.work}")
            slow = request.url.partition("/oauth/")[0] + "/oauth/token"
            results.beside_slow[turn] = _steady(turn, request, rate, seconds, slow)


def _steady(turn: Turn, request: Request, rate: float, seconds: int, slow: str = "") -> Steady:
    with trickling(slow) if slow else nullcontext():
        found = drive_steadily(request, rate, seconds, turn.connections)
    if found.failed:
        raise SystemExit(f"{turn.server}, {turn.work}: {found.failed} answers were not good.")
    return found


def _served(server: Server) -> list[str]:
    """The works whose address exists; what is missing is said, not hidden."""
    missing = [work for work, request in server.works.items() if send(request)[0] == 404]
    for work in missing:
        _say(f"Left out: {server.name} has nothing at {server.works[work].url}")
        del server.works[work]
    return list(server.works)


def _check_answer(server: Server, work: str) -> None:
    if not _good(server.works[work]):
        raise SystemExit(f"{server.name}, {work}: {send(server.works[work])}")


def _good(request: Request, tries: int = 1) -> bool:
    for _try in range(tries):
        status, body = send(request)
        if status == request.status and '"active":false' not in body.replace(" ", ""):
            return True
    return False


def _sample(server: Server, turn: Turn, postgres_pid: int, seconds: int) -> Sample:
    request, pids = server.works[turn.work], (server.pid, postgres_pid)
    with ThreadPoolExecutor(1) as beside:
        before = [cpu_seconds(pid) for pid in pids]
        taken = beside.submit(_take_tokens, request)
        load = drive(request, seconds, turn.connections)
        spent = [cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True)]
        tokens = taken.result()
    if load.failed or not load.requests:
        raise SystemExit(
            f"{turn.server}, {turn.work}: {load.failed} of {load.requests} answers were not good."
        )
    _check_tokens(server, tokens)
    answered = load.requests + len(tokens)
    return Sample(load, *(seconds * 1000 / answered for seconds in spent))


def _take_tokens(request: Request) -> list[str]:
    """Take tokens as one more client, where it is tokens that `request` asks for."""
    if "grant_type" not in request.body:
        return []
    return [json.loads(send(request)[1])["access_token"] for _number in range(2 if request.slow else TOKENS)]


def _check_tokens(server: Server, tokens: list[str]) -> None:
    if len(set(tokens)) != len(tokens):
        raise SystemExit(f"{server.name} gave the same token twice.")
    if dead := [
        token for token in tokens if server.proof is None or not _good(server.proof(token), server.tries)
    ]:
        raise SystemExit(f"{server.name}: {len(dead)} of {len(tokens)} tokens are not live.")


def _say(what: str) -> None:
    print(what, file=sys.stderr)
