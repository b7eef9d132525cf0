"""The findings as Markdown: figures, and the ratios that count (medians over the rounds)."""

import math
import os
from collections.abc import Sequence

from bench.goals import ELSEWHERE, GOALS, Goal, calm_goals, state_of, state_of_calm
from bench.measure import Results
from bench.serving import Server
from bench.steady import Steady

NAMES = {
    "latchkey": "Latchkey",
    "first": "Latchkey's first release",
    "hello": "Django hello world",
    "bare": "bare WSGI hello",
    "toolkit": "django-oauth-toolkit",
    "oidc": "oidc-provider on PostgreSQL",
    "oidc in memory": "oidc-provider in memory",
}
BUSY = 0.5  # of a core at work for others before the run, from which on the figures are not to be kept


def heading(running: Sequence[Server], generator: str, rounds: int, seconds: int, busy: float) -> str:
    """Return what was measured with what; `busy` is the load average of before."""
    versions = ", ".join(f"{NAMES[server.name]} {server.version}".strip() for server in running)
    return (
        f"\n{versions}. {os.cpu_count()} cores for load, servers and PostgreSQL (fsync on) together;"
        f" {generator}, {rounds} rounds of {seconds} s; medians.\n{warning(busy)}"
    )


def warning(busy: float) -> str:
    """Return what has to be known of a run on a machine that had other things to do; else nothing."""
    if busy < BUSY:
        return ""
    return f"\n**The machine was not idle** (load {busy:.1f} before the run): these figures are not to be quoted.\n"


def figures(results: Results) -> str:
    """Return one row for each server, work and number of connections; CPU is milliseconds per request."""
    columns = ["work", "server", "connections", "req/s", "req/s per core"]
    rows = [[*columns, "CPU-ms", "PostgreSQL CPU-ms", "p50 ms", "p99 ms"]]
    for turn, found in sorted(
        results.saturated.items(), key=lambda item: (item[0].work, item[0].connections)
    ):
        rates = [f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}" for rate in (found.rate, found.per_core)]
        spent = [f"{found.server_ms:.3f}", f"{found.postgres_ms:.3f}", f"{found.p50:.1f}", f"{found.p99:.1f}"]
        rows.append([turn.work, NAMES[turn.server], str(turn.connections), *rates, *spent])
    return table(rows)


def latencies(results: Results) -> str:
    """Return the latencies at half the rate of each server, counted from when each request was due."""
    rows = [["work", "server", "asked req/s", "p50 ms", "p99 ms", "p99.9 ms"]]
    for beside, found in (("", results.steady), (", beside 200 slow clients", results.beside_slow)):
        for turn, steady in sorted(found.items(), key=lambda item: item[0].work):
            rows.append(
                [turn.work + beside, NAMES[turn.server], f"{steady.wanted:,.0f}", *_percentiles(steady)]
            )
    return "At half the rate that each can do at 16 connections:\n\n" + table(rows)


def _percentiles(steady: Steady) -> list[str]:
    if not steady.was_kept:
        return [f"the rate was not kept ({steady.answered:,.0f})", "", ""]
    return [f"{ms:.2f}" if math.isfinite(ms) else "none" for ms in (steady.p50, steady.p99, steady.p999)]


def goals(results: Results) -> str:
    """Return each goal with its state; what was not measured in this run says so."""
    rows = [["goal", "Latchkey's", "beside", "req/s", "CPU per request", "wanted", "state"]]
    rows += [_goal_row(goal, *state_of(goal, results)) for goal in GOALS]
    for beside, goal, found in calm_goals(results):
        state, times = state_of_calm(goal, found)
        shown = "" if math.isnan(times) else f"p99 {times:.1f}× p50"
        rows.append(
            [str(goal.number), goal.work + beside, "its own p50", shown, "", f"under {goal.times:g}×", state]
        )
    rows += [[str(number), what, "", "", "", "", where] for number, what, where in ELSEWHERE]
    return table([rows[0], *sorted(rows[1:], key=lambda row: int(row[0]))])


def _goal_row(goal: Goal, state: str, rate: float, cpu: float) -> list[str]:
    wanted = f"at least {goal.least:g}× the req/s" if goal.least else f"at most {goal.most:g}× the CPU"
    other = NAMES[goal.other] + (f", {goal.other_work}" if "hashed" in goal.other_work else "")
    ratios = ["", ""] if math.isnan(rate) else [f"{rate:.2f}×", f"{cpu:.3g}×"]
    return [str(goal.number), f"{goal.work}, {goal.connections} connections", other, *ratios, wanted, state]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first row is its head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines) + "\n"
