"""The goals of performance, each a ratio of two figures of one run, and whether a run reached them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.load import CONNECTIONS, FEW, MANY
from bench.measure import Results, Turn
from bench.steady import Steady

REACHED, MISSED, UNKNOWN = "reached", "missed", "not measured"


@dataclass(frozen=True)
class Goal:
    """A ratio of Latchkey's work to another's; `least` of requests per second, or `most` of CPU per request."""

    number: int
    work: str
    other: str
    other_work: str
    least: float = 0.0
    most: float = 0.0
    connections: int = CONNECTIONS
    of_other: int | None = None  # the other's connections, where they are not as many


@dataclass(frozen=True)
class Calm:
    """A goal of latency at half the rate: p99 is less than `times` p50."""

    number: int
    work: str
    times: float


GOALS = (
    Goal(1, "token", "toolkit", "token", least=5),
    Goal(1, "token", "toolkit", "token, hashed secret", least=300, of_other=FEW),
    Goal(1, "token", "oidc", "token", least=1.2),
    Goal(1, "token", "hello", "hello", most=2.5),
    Goal(2, "bearer", "toolkit", "bearer", least=4.5),
    Goal(2, "verify", "toolkit", "bearer", least=4.5),
    Goal(3, "introspection", "toolkit", "introspection", least=4.5),
    Goal(3, "introspection", "oidc", "introspection", least=1),
    Goal(7, "token", "first", "token", least=2),
    Goal(7, "token", "first", "token", least=3, connections=MANY),
    Goal(7, "token", "oidc in memory", "token", least=1.2, connections=MANY),
    Goal(7, "token", "oidc in memory", "token", most=0.6, connections=MANY),
    *(
        goal
        for work in ("verify", "bearer")
        for goal in (
            Goal(8, work, "hello", "hello", most=1),
            Goal(8, work, "hello", "hello", most=0.5, connections=MANY),
            Goal(8, work, "first", work, least=2.5),
            Goal(8, work, "first", work, least=4, connections=MANY),
        )
    ),
    Goal(8, "introspection", "hello", "hello", most=1.5),
    Goal(8, "preview", "hello", "hello", most=3),
)
CALM = (Calm(9, "verify", 3), Calm(9, "bearer", 3), Calm(9, "introspection", 3), Calm(9, "token", 4))
# What no load shows: number, what, and what measures or holds it.
ELSEWHERE = (
    (2, "a check: at most one round trip to the database", "held by the tests (`tests/oauth/test_verify.py`)"),
    (4, "the same latency with 10,000,000 tokens and 100,000 applications, within 1.2×", "`python -m bench.scale`"),
    (5, "revoking all tokens: the same time for one and for a million; a purge slows issuing by 20 % at most",
     "`python -m bench.scale`"),
    (6, "pages: 12 queries, 50 ms and 100 KB each, with 10,000 applications and 1,000,000 tokens",
     "`python -m bench.panel`"),
)  # fmt: skip


def state_of(goal: Goal, results: Results) -> tuple[str, float, float]:
    """Return the state, and the ratios of requests per second and of CPU per request (not a number: not measured)."""
    ours = results.saturated.get(Turn("latchkey", goal.work, goal.connections))
    theirs = results.saturated.get(Turn(goal.other, goal.other_work, goal.of_other or goal.connections))
    if ours is None or theirs is None:
        return UNKNOWN, math.nan, math.nan
    rate, cpu = ours.rate / theirs.rate, ours.server_ms / theirs.server_ms
    reached = rate >= goal.least if goal.least else cpu <= goal.most
    return REACHED if reached else MISSED, rate, cpu


def state_of_calm(goal: Calm, found: Steady | None) -> tuple[str, float]:
    """Return the state and p99 in p50s. A rate that was not kept is no measurement: it counts as missed."""
    if found is None:
        return UNKNOWN, math.nan
    times = found.p99 / found.p50 if math.isfinite(found.p99) else math.inf
    return REACHED if found.was_kept and times < goal.times else MISSED, times


def calm_goals(results: Results) -> Iterator[tuple[str, Calm, Steady | None]]:
    """Yield each goal of latency with what was found, alone and beside slow clients."""
    for goal in CALM:
        turn = Turn("latchkey", goal.work)
        yield "", goal, results.steady.get(turn)
        if goal.work in ("verify", "token"):
            yield ", beside 200 slow clients", goal, results.beside_slow.get(turn)
