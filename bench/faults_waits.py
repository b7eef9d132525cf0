"""A table that is locked, a PostgreSQL and a Redis that are frozen, a Redis that is down."""

import signal
import statistics
import time
from collections.abc import Iterator
from functools import partial

import psycopg
import requests

from bench.faults_stage import Row, Stage, is_well, seconds_until
from tests.reliability.test_cache import OWNER, post
from tests.reliability.test_waits import LOCKED, WITHIN, all_at_once, timed
from tests.servers import OWNER_PASSWORD

LOCK_SECONDS = 20.0
BESIDE = ("/health/live", "/.well-known/oauth-authorization-server", "/panel/sign-in/")

type Answered = tuple[requests.Response, float]


def locked_table(stage: Stage) -> Iterator[Row]:
    """Hold an exclusive lock on the table of tokens for 20 s."""
    with psycopg.connect(stage.served.environment["DATABASE_URL"]) as locker:
        locker.execute(LOCKED)
        until, answers, beside = (
            time.monotonic() + LOCK_SECONDS,
            all_at_once(stage.client.ask),
            _beside(stage),
        )
        while time.monotonic() < until:
            answers += all_at_once(stage.client.ask, 4)
            beside += _beside(stage)
    back = seconds_until(partial(is_well, stage.client))
    yield _waiting_row(
        f"the token table locked (ACCESS EXCLUSIVE) for {LOCK_SECONDS:.0f} s", answers, beside, back
    )


def frozen_database(stage: Stage) -> Iterator[Row]:
    """Let no process of PostgreSQL run for some seconds."""
    with stage.store.frozen():
        answers, beside = all_at_once(stage.client.ask), _beside(stage)[:2]
        for _round in range(5):
            answers += all_at_once(stage.client.ask, 4)
        ready, seconds = timed(partial(stage.get, "/health/ready"))
        answers.append((ready, seconds))
    back = seconds_until(partial(is_well, stage.client))
    yield _waiting_row("PostgreSQL frozen (SIGSTOP), readiness too", answers, beside, back)


def _beside(stage: Stage) -> list[Answered]:
    return [timed(partial(stage.get, path)) for path in BESIDE]


def _waiting_row(what: str, answers: list[Answered], beside: list[Answered], back: float) -> Row:
    slowest, slowest_beside = (max(seconds for _answer, seconds in each) for each in (answers, beside))
    found = f"{told(answers)}, the slowest of {len(answers)} {slowest:.1f} s; beside it {told(beside)},"
    return Row(
        what,
        f"503 JSON within {WITHIN:.0f} s; metadata, `/health/live` and what needs no such table answer; back by itself",
        f"{found} the slowest {slowest_beside:.2f} s; back after {back:.1f} s",
        are_unavailable(answers) and max(slowest, slowest_beside) < WITHIN and told(beside) == "200",
    )


def frozen_cache(stage: Stage) -> Iterator[Row]:
    """Let Redis not run while requests are limited by it."""
    must = "answered all the same; only the first waits for it"
    if stage.redis is None:
        yield Row("Redis frozen (SIGSTOP)", must, "no redis-server or valkey-server here", None)
        return
    token = stage.client.ask().json()["access_token"]
    stage.redis.send_signal(signal.SIGSTOP)
    answers = [timed(partial(stage.client.use, token)) for _number in range(20)]
    ready = stage.get("/health/ready").status_code
    stage.redis.send_signal(signal.SIGCONT)
    times = [seconds for _answer, seconds in answers]
    found = f"{told(answers)}; the slowest of {len(times)} {max(times):.2f} s, half within"
    yield Row(
        "Redis frozen (SIGSTOP)",
        must,
        f"{found} {statistics.median(times) * 1000:.0f} ms; readiness {ready}",
        told(answers) == "200" and max(times) < 2 and statistics.median(times) < 0.25 and ready == 503,
    )


def cache_down(stage: Stage) -> Iterator[Row]:
    """End Redis, then sign in and ask for tokens."""
    if stage.redis is None:
        return
    stage.redis.terminate()
    stage.redis.wait()
    browser, url = requests.Session(), f"{stage.served.url}/panel/sign-in/"
    page, seconds = timed(lambda: post(browser, url, login=OWNER, password=OWNER_PASSWORD))
    well = is_well(stage.client)
    ready = stage.get("/health/ready").status_code
    signed_in = page.status_code == 200 and page.url.endswith("/applications/")
    found = f"{'signed in' if signed_in else 'not signed in'} in {seconds:.2f} s;"
    yield Row(
        "Redis down",
        "people sign in, tokens are issued and checked",
        f"{found} a token {'issued and good' if well else 'refused'}; readiness {ready}",
        signed_in and well and ready == 503,
    )


def told(answers: list[Answered]) -> str:
    """Return which statuses came."""
    return " and ".join(sorted({str(answer.status_code) for answer, _seconds in answers}))


def are_unavailable(answers: list[Answered]) -> bool:
    """Whether each says in JSON when to come back; readiness says it in words of its own."""
    return all(
        answer.status_code == 503 and "Retry-After" in answer.headers and answer.json()
        for answer, _seconds in answers
        if not answer.url.endswith("/health/ready")
    )
