"""What happens when something fails, with figures: `python -m bench.faults [--only tokens,store]`.

Starts a PostgreSQL (fsync on), a Redis and the served product of its own, breaks one thing after the other, and prints
the table of docs/faults.md. Ends with 1 where something does not hold that must. README.md says more.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.faults_clients import begin_hostile_input, hostile_input, slow_clients
from bench.faults_clock import wrong_clocks
from bench.faults_disk import full_disks
from bench.faults_race import racing
from bench.faults_stage import Row, Stage, is_well, seconds_until, stage
from bench.faults_store import database_down, killed_workers, stopped_under_load
from bench.faults_tokens import many_tokens
from bench.faults_waits import cache_down, frozen_cache, frozen_database, locked_table
from bench.faults_webhooks import killed_deliverers

type Trial = Callable[[Stage], Iterator[Row]]

HEAD = "| what | must hold | found | state |\n|---|---|---|---|"


def at_last(stage: Stage) -> Iterator[Row]:
    """Kill workers of webhooks, and run the tests of hostile input while what the dead had in hand waits its minute."""
    tests = begin_hostile_input()
    try:
        yield from killed_deliverers(stage)
        yield hostile_input(tests)
    finally:
        tests.kill()


# In this order: the last but one leaves no Redis, the last makes this process one of Django's.
TRIALS: dict[str, tuple[Trial, ...]] = {
    "tokens": (many_tokens,),
    "race": (racing,),
    "store": (stopped_under_load, killed_workers, database_down),
    "waits": (locked_table, frozen_database, frozen_cache),
    "disk": (full_disks,),
    "clock": (wrong_clocks,),
    "slow": (slow_clients,),
    "cache": (cache_down,),
    "last": (at_last,),
}


def rows(chosen: list[str]) -> Iterator[Row]:
    """Try what is chosen, each on a product that is well again. What a trial itself stumbles over is its finding."""
    with tempfile.TemporaryDirectory(prefix="latchkey-faults-") as folder, stage(Path(folder)) as running:
        for name in chosen:
            for trial in TRIALS[name]:
                seconds_until(lambda: is_well(running.client))
                try:
                    yield from trial(running)
                except Exception as error:
                    yield Row(f"{name}: {trial.__name__}", "", repr(error), False)


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(TRIALS), help="names, separated by commas")
    chosen = parser.parse_args().only.split(",")
    print(HEAD)
    states = set()
    for row in rows([name for name in TRIALS if name in chosen]):
        print(row, flush=True)
        states.add(row.holds)
    return 1 if False in states else 0


if __name__ == "__main__":
    sys.exit(main())
