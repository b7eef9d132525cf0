"""PostgreSQL stopped at once and away; workers killed."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import requests

from bench.faults_stage import SECONDS_TO_COME_BACK, Row, Stage, is_well, seconds_until
from bench.faults_waits import BESIDE, are_unavailable, told
from tests.reliability.test_store import LOAD, Client, Seen, has_replaced, load, workers
from tests.reliability.test_waits import all_at_once

QUIET = (*BESIDE, "/health/ready", "/account")  # what a quiet server is asked after a restart of PostgreSQL


def stopped_under_load(stage: Stage) -> Iterator[Row]:
    """Stop PostgreSQL at once and start it again while clients ask for tokens and give them up."""
    with _loaded(stage) as (seen, revoked):
        time.sleep(2)
        stage.store.crash()
        time.sleep(2)
        stage.store.start_again()
        back = seconds_until(partial(is_well, stage.client))
        time.sleep(1)
    idle = sum(stage.get(path).status_code == 503 for path in QUIET * 8)
    lost, undone = _lost_and_undone(stage.client, seen, revoked)
    found = f"{len(seen.issued):,} tokens, {lost} lost; {len(revoked)} revocations, {undone} undone;"
    yield Row(
        "PostgreSQL stopped at once and restarted under load",
        f"no answered token lost, no revocation undone, back within {SECONDS_TO_COME_BACK} s without a restart",
        f"{found} back after {back:.1f} s; {len(seen.broken)} requests without an answer, {idle} 503 later",
        not (lost or undone or seen.broken or idle) and back < SECONDS_TO_COME_BACK and bool(revoked),
    )


@contextmanager
def _loaded(stage: Stage) -> Iterator[tuple[Seen, list[str]]]:
    """Clients that ask for tokens, and one whose revocations were answered."""
    seen, revoked, end = Seen(), list[str](), threading.Event()
    threads = [threading.Thread(target=load, args=(stage.client, seen, end)) for _number in range(LOAD)]
    threads.append(threading.Thread(target=_revoke, args=(stage.client, revoked, end)))
    for thread in threads:
        thread.start()
    try:
        yield seen, revoked
    finally:
        end.set()
        for thread in threads:
            thread.join()


def _revoke(client: Client, revoked: list[str], end: threading.Event) -> None:
    auth = (client.application_id, client.secret)
    while not end.wait(0.02):
        with suppress(requests.RequestException):  # cut off with its worker: nothing was answered
            if (issued := client.ask()).status_code == 200:
                token = issued.json()["access_token"]
                answer = requests.post(f"{client.url}/oauth/revoke", {"token": token}, auth=auth, timeout=20)
                if answer.status_code == 200:
                    revoked.append(token)


def _lost_and_undone(client: Client, seen: Seen, revoked: list[str]) -> tuple[int, int]:
    lost = sum(client.use(token).status_code != 200 for _moment, token in seen.issued)
    return lost, sum(client.use(token).status_code != 401 for token in revoked)


def killed_workers(stage: Stage) -> Iterator[Row]:
    """Kill a worker with -9, three times, under load."""
    took = []
    with _loaded(stage) as (seen, revoked):
        for _round in range(3):
            time.sleep(1)  # so that the load has met the new worker
            victim = workers(stage.served)[0]
            os.kill(victim, signal.SIGKILL)
            took.append(seconds_until(partial(_has_replaced, stage, victim)))
    lost, undone = _lost_and_undone(stage.client, seen, revoked)
    found = f"{len(seen.issued):,} tokens, {lost} lost; {len(revoked)} revocations, {undone} undone;"
    yield Row(
        "a worker killed (-9) 3 times under load",
        f"no answered token lost, no revocation undone, back within {SECONDS_TO_COME_BACK} s",
        f"{found} another worker after {max(took):.1f} s at most; {len(seen.broken)} requests were cut off",
        not (lost or undone or seen.refused) and max(took) < SECONDS_TO_COME_BACK,
    )


def _has_replaced(stage: Stage, victim: int) -> bool:
    return has_replaced(stage.served, victim) and is_well(stage.client)


def database_down(stage: Stage) -> Iterator[Row]:
    """Ask while PostgreSQL is stopped."""
    stage.store.crash()
    answers = all_at_once(stage.client.ask)
    ready, live = stage.get("/health/ready"), stage.get("/health/live")
    stage.store.start_again()
    back = seconds_until(partial(is_well, stage.client))
    slowest = max(seconds for _answer, seconds in answers)
    found = f"{told(answers)}, the slowest of {len(answers)} at once {slowest:.2f} s;"
    yield Row(
        "database down",
        "503 JSON within the pool's timeout (2 s), readiness says so, liveness stays",
        f"{found} readiness {ready.status_code}, liveness {live.status_code}; back after {back:.1f} s",
        are_unavailable(answers) and slowest < 2 and (ready.status_code, live.status_code) == (503, 200),
    )
