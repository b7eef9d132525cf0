"""The table of faults says what was found, and a run that found what must not be ends with 1."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests

from bench import faults
from bench.faults_race import Race, _row
from bench.faults_stage import Row, seconds_until
from tests.reliability.test_store import Client


@dataclass(frozen=True)
class Told(Client):
    """A client that knows which tokens are good."""

    good: set[str] = field(default_factory=set)

    def use(self, token: str) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200 if token in self.good else 401
        return answer


def race(*issued: tuple[float, float, str]) -> Race:
    """Two revocations, from 2 to 3 and from 5 to 6."""
    return Race(issued=list(issued), revoked=[(2, 3), (5, 6)])


BEFORE, DURING, AFTER = (3.1, 4.0, "before"), (4.0, 5.5, "during"), (6.1, 7.0, "after")


@pytest.mark.parametrize(
    ("good", "holds"),
    [({"after"}, True), ({"after", "during"}, True), ({"after", "before"}, False), (set(), False)],
)
def test_what_was_answered_before_a_revocation_dies_and_what_is_asked_for_later_lives(
    good: set[str], holds: bool
) -> None:
    assert _row(race(BEFORE, DURING, AFTER), Told("", "", "", good)).holds is holds


def test_a_race_that_nobody_ran_shows_nothing() -> None:
    assert _row(race(DURING), Told("", "", "")).holds is False


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (None, 0), (False, 1)])
def test_the_exit_code_says_whether_all_of_it_holds(
    holds: bool | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def rows(chosen: list[str]) -> Iterator[Row]:
        assert chosen == ["store", "disk"]
        yield Row("a", "b", "c", True)
        yield Row("what", "must", "found", holds)

    monkeypatch.setattr(faults, "rows", rows)
    monkeypatch.setattr("sys.argv", ["faults", "--only", "disk,store"])
    assert faults.main() == code
    state = {True: "holds", False: "**does not hold**", None: "not tried"}[holds]
    assert capsys.readouterr().out.splitlines()[-1] == f"| what | must | found | {state} |"


def test_what_does_not_come_back_is_not_waited_for_without_end() -> None:
    with pytest.raises(TimeoutError, match="did not come back"):
        seconds_until(lambda: False, most=0.1)
