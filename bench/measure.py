"""Giving each work of each server its turn, and holding what was answered against what should have been."""

import json
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.load import Load, Request, drive
from bench.processes import cpu_seconds
from bench.servers import Server, send

type Samples = dict[tuple[str, str], list[Sample]]

WARM_UP = 3  # seconds: connections, plans, caches, and the compiler of node
TOKENS = 20  # taken while the load runs, to be held against each other and tried


@dataclass(frozen=True)
class Sample:
    """One load on one server: what it came to, and CPU-ms per request of the server and of PostgreSQL."""

    load: Load
    server_ms: float
    postgres_ms: float


def measure(running: list[Server], postgres_pid: int, rounds: int, seconds: int) -> Samples:
    """Return the samples of each (server, work): A B C, A B C, so that a drift of the machine hits all alike.

    Ends with SystemExit at an answer that is not as it should be: a figure for wrong answers is none.
    """
    turns = [(server, work) for server in running for work in _served(server)]
    for server, work in turns:
        _check_answer(server, work)
        drive(server.works[work], WARM_UP)
    samples: Samples = defaultdict(list)
    for number in range(rounds):
        for server, work in turns:
            if number == 0 or not server.works[work].slow:
                print(f"Round {number + 1} of {rounds}: {server.name}, {work}", file=sys.stderr)
                samples[server.name, work].append(_sample(server, work, postgres_pid, seconds))
    return samples


def _served(server: Server) -> list[str]:
    """The works whose address exists; what is missing is said, not hidden."""
    missing = [work for work, request in server.works.items() if send(request)[0] == 404]
    for work in missing:
        print(f"Left out: {server.name} has nothing at {server.works[work].url}", file=sys.stderr)
    return [work for work in server.works if work not in missing]


def _check_answer(server: Server, work: str) -> None:
    if not _good(server.works[work]):
        raise SystemExit(f"{server.name}, {work}: {send(server.works[work])}")


def _good(request: Request) -> bool:
    status, body = send(request)
    return status == request.status and '"active":false' not in body.replace(" ", "")


def _sample(server: Server, work: str, postgres_pid: int, seconds: int) -> Sample:
    request, pids = server.works[work], (server.pid, postgres_pid)
    with ThreadPoolExecutor(1) as beside:
        before = [cpu_seconds(pid) for pid in pids]
        taken = beside.submit(_take_tokens, request)
        load = drive(request, seconds)
        spent = [cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True)]
        tokens = taken.result()
    if load.failed:
        raise SystemExit(f"{server.name}, {work}: {load.failed} of {load.requests} answers were not good.")
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
    if dead := [token for token in tokens if server.proof is None or not _good(server.proof(token))]:
        raise SystemExit(f"{server.name}: {len(dead)} of {len(tokens)} tokens are not live.")
