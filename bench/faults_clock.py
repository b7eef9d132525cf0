"""A clock that is an hour ahead, or an hour back: that of one server, while the one beside it has the right time."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import psycopg
import requests

from applications.rules.credentials import token_key
from bench.faults_stage import Row, Stage, serving
from tests.reliability.test_store import Client
from tests.servers import ROOT, Served, stop

PLACES = ("/usr/lib", str(ROOT / "var" / "faketime" / "usr" / "lib"))
WHAT, MUST = (
    "clock one hour ahead or back",
    "no expired token alive beyond the skew, none issued already expired",
)
LIBRARY = "faketime/libfaketimeMT.so.1"
PREPARE = [sys.executable, "manage.py", "prepare"]
ISSUED = 20
CLOCKS = ("+0", "+1h", "-1h")
AGES = (30, 90)  # minutes since tokens expired: within the skew, and beyond it
END = """
    UPDATE applications_accesstoken
    SET issued_at = now() - interval '2 days', expires_at = now() - %s * interval '1 minute' WHERE key = %s
"""


def wrong_clocks(stage: Stage) -> Iterator[Row]:
    """Set the clock of a running server forward and back; ask it, and the one beside it, for tokens and about them."""
    library = next(chain.from_iterable(Path(each).glob(f"*/{LIBRARY}") for each in PLACES), None)
    if library is None:
        yield Row(WHAT, MUST, "no libfaketime here (`apt install faketime`)", None)
        return
    clock, expired = stage.folder / "clock", {age: _expired(stage, age) for age in AGES}
    with _beside(stage, library, clock) as served:
        wrong = Client(served.url, stage.client.application_id, stage.client.secret)
        found = {shift: _found(stage, wrong, expired, clock, shift) for shift in CLOCKS}
        start = subprocess.run(PREPARE, cwd=ROOT, env=served.environment, capture_output=True, check=False)
    yield _row(found, start.returncode)


@contextmanager
def _beside(stage: Stage, library: Path, clock: Path) -> Iterator[Served]:
    """Another server on the same database, whose clock the file `clock` sets."""
    clock.write_text("+0")
    given = {name: stage.served.environment[name] for name in ("DATABASE_URL", "SECRET_KEY")}
    with serving(stage.folder / "wrong", **given) as served:
        served.environment |= {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock)}
        served.environment |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        stop(served.process)
        served.start()
        yield served


def _expired(stage: Stage, age: int) -> str:
    """Return a token that expired so many minutes ago."""
    token: str = stage.client.ask().json()["access_token"]
    with psycopg.connect(stage.served.environment["DATABASE_URL"]) as connection:
        assert connection.execute(END, [age, token_key(token)]).rowcount == 1
    return token


@dataclass(frozen=True)
class Found:
    """What a server with one clock did."""

    ahead: float  # hours of its clock, as a token that it issued says
    alive: list[int]  # which expired tokens it accepted: the minutes since they expired
    dead: int  # of the tokens that it issued, how many were refused at once, by itself or beside it


def _found(stage: Stage, wrong: Client, expired: dict[int, str], clock: Path, shift: str) -> Found:
    clock.write_text(shift)
    tokens = [wrong.ask().json()["access_token"] for _number in range(ISSUED)]
    good = [wrong.use(token).status_code == stage.client.use(token).status_code == 200 for token in tokens]
    auth = (wrong.application_id, wrong.secret)
    issued = requests.post(f"{wrong.url}/oauth/introspect", {"token": tokens[0]}, auth=auth, timeout=20)
    return Found(
        ahead=(issued.json()["iat"] - time.time()) / 3600,
        alive=[age for age, token in expired.items() if wrong.use(token).status_code == 200],
        dead=good.count(False),
    )


def _row(found: dict[str, Found], start: int) -> Row:
    told = [
        f"{shift}: {each.dead} of {ISSUED} issued ones dead, {_alive(each)}" for shift, each in found.items()
    ]
    was_set = [round(each.ahead) for each in found.values()] == [0, 1, -1]
    wrong = any(each.dead or AGES[1] in each.alive for each in found.values()) or found["+0"].alive
    holds = was_set and not wrong and start == 75
    return Row(WHAT, MUST, f"{'; '.join(told)}; a start with it ends with {start}", holds)


def _alive(found: Found) -> str:
    ages = " and ".join(f"{age} minutes" for age in found.alive)
    return f"one that expired {ages} ago alive" if ages else "no expired one alive"
