"""The findings as Markdown: figures, and the ratios that count (medians over the rounds)."""

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from bench.measure import Sample, Samples
from bench.servers import Server

NAMES = {
    "latchkey": "Latchkey",
    "hello": "Django hello world",
    "toolkit": "django-oauth-toolkit",
    "oidc": "oidc-provider",
}


@dataclass(frozen=True)
class Goal:
    """A ratio of Latchkey's work to another's; `least` of requests per second, or `most` of CPU per request."""

    work: str
    other: str
    other_work: str
    least: float = 0.0
    most: float = 0.0


GOALS = (
    Goal("token", "hello", "hello", most=2.5),
    Goal("preview", "hello", "hello", most=4),
    Goal("token", "toolkit", "token", least=5),
    Goal("token", "toolkit", "token, hashed secret", least=300),
    Goal("token", "oidc", "token", least=1.2),
    Goal("bearer", "toolkit", "bearer", least=4.5),
    Goal("verify", "toolkit", "bearer", least=4.5),
    Goal("introspection", "toolkit", "introspection", least=4.5),
    Goal("introspection", "oidc", "introspection", least=1),
)


def heading(running: list[Server], generator: str, rounds: int, seconds: int) -> str:
    """Return what was measured with what."""
    versions = ", ".join(f"{NAMES[server.name]} {server.version}".strip() for server in running)
    return (
        f"\n{versions}. {os.cpu_count()} cores for load, servers and PostgreSQL (fsync on) together;"
        f" {generator}, {rounds} rounds of {seconds} s; medians.\n"
    )


def figures(samples: Samples) -> str:
    """Return one row for each server and work; CPU is milliseconds per request."""
    rows = [["work", "server", "req/s", "CPU-ms", "PostgreSQL CPU-ms", "p50 ms", "p99 ms"]]
    for (server, work), taken in sorted(samples.items(), key=lambda item: item[0][1]):
        numbers = [_rate(taken), _cpu(taken), *(_median(taken, read) for read in (_postgres, _p50, _p99))]
        shown = [
            f"{numbers[0]:,.0f}",
            f"{numbers[1]:.3f}",
            f"{numbers[2]:.3f}",
            *(f"{ms:.1f}" for ms in numbers[3:]),
        ]
        rows.append([work, NAMES[server], *shown])
    return table(rows)


def goals(samples: Samples) -> str:
    """Return the ratios that performance goals are set in, as far as both sides were measured."""
    rows = [["Latchkey's", "against", "req/s", "CPU per request", "goal", ""]]
    for goal in GOALS:
        ours, theirs = samples.get(("latchkey", goal.work)), samples.get((goal.other, goal.other_work))
        if ours and theirs:
            rows.append(_goal_row(goal, _rate(ours) / _rate(theirs), _cpu(ours) / _cpu(theirs)))
    return table(rows)


def _goal_row(goal: Goal, rate: float, cpu: float) -> list[str]:
    wanted = f"at least {goal.least:g}× the req/s" if goal.least else f"at most {goal.most:g}× the CPU"
    reached = rate >= goal.least if goal.least else cpu <= goal.most
    other = NAMES[goal.other] + (f", {goal.other_work}" if goal.other_work != goal.other else "")
    return [goal.work, other, f"{rate:.2f}×", f"{cpu:.3g}×", wanted, "reached" if reached else "missed"]


def _rate(taken: list[Sample]) -> float:
    return _median(taken, lambda sample: sample.load.requests / sample.load.seconds)


def _cpu(taken: list[Sample]) -> float:
    return _median(taken, lambda sample: sample.server_ms)


def _postgres(sample: Sample) -> float:
    return sample.postgres_ms


def _p50(sample: Sample) -> float:
    return sample.load.p50


def _p99(sample: Sample) -> float:
    return sample.load.p99


def _median(taken: list[Sample], read: Callable[[Sample], float]) -> float:
    return statistics.median(read(sample) for sample in taken)


def table(rows: list[list[str]]) -> str:
    """Return a Markdown table; the first row is its head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines) + "\n"
