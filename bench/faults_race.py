"""Issuing tokens beside revoking all of them."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.faults_stage import Row, Stage
from tests.reliability.test_store import Client

SECONDS, RACERS = 6.0, 6


@dataclass
class Race:
    """What was answered, and when."""

    issued: list[tuple[float, float, str]] = field(default_factory=list)  # asked, answered, the token
    revoked: list[tuple[float, float]] = field(default_factory=list)  # asked, answered
    lost: int = 0  # of the tokens that were asked for after a revocation was answered, and before the next
    failed: int = 0

    def issue(self, client: Client) -> str:
        """Ask for a token and note when."""
        began = time.monotonic()
        answer = client.ask()
        if answer.status_code != 200:
            self.failed += 1
            return ""
        token: str = answer.json()["access_token"]
        self.issued.append((began, time.monotonic(), token))
        return token


def racing(stage: Stage) -> Iterator[Row]:
    """Let clients ask for tokens while another revokes them all, again and again."""
    race, end = Race(), threading.Event()
    threads = [threading.Thread(target=_issue, args=(race, stage.client, end)) for _each in range(RACERS)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        _revoke_all(race, stage)
    time.sleep(0.3)  # tokens that no revocation follows
    end.set()
    for thread in threads:
        thread.join()
    yield _row(race, stage.client)


def _issue(race: Race, client: Client, end: threading.Event) -> None:
    while not end.is_set():
        race.issue(client)


def _revoke_all(race: Race, stage: Stage) -> None:
    began = time.monotonic()
    stage.served.manage("revoke_tokens", stage.client.application_id)
    race.revoked.append((began, time.monotonic()))
    race.lost += stage.client.use(race.issue(stage.client)).status_code != 200


def _row(race: Race, client: Client) -> Row:
    last_asked, last_answered = race.revoked[-1]
    before = [token for _asked, answered, token in race.issued if answered < last_asked]
    after = [token for asked, _answered, token in race.issued if asked > last_answered]
    survivors = sum(client.use(token).status_code != 401 for token in before)
    lost = race.lost + sum(client.use(token).status_code != 200 for token in after)
    found = f"{len(race.issued):,} tokens, {len(race.revoked)} times all revoked: {survivors} survivors,"
    return Row(
        f"issue and revoke-all racing for {SECONDS:.0f} s",
        "no survivor, no token lost that was issued after the answer",
        f"{found} {lost} of {len(after) + len(race.revoked)} later ones lost, {race.failed} errors",
        not (survivors or lost or race.failed) and bool(before and after),
    )
