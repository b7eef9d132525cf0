"""Who may ask what is known to be away."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from applications.waits import circuit
from applications.waits.circuit import PROBE_SECONDS, REST_SECONDS, Circuit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(circuit, "time", made)
    return made


def test_everyone_may_ask_while_all_is_well(clock: Clock) -> None:
    assert all(Circuit().allows() for _number in range(3))


def test_after_a_failure_one_caller_asks_when_the_rest_is_over(clock: Clock) -> None:
    known = Circuit()
    known.failed()
    assert not known.allows()
    clock.now += REST_SECONDS
    assert [known.allows() for _number in range(3)] == [True, False, False]
    known.failed()
    clock.now += REST_SECONDS / 2
    assert not known.allows()
    clock.now += REST_SECONDS / 2
    assert [known.allows() for _number in range(2)] == [True, False]


def test_the_first_success_lets_everyone_ask_again(clock: Clock) -> None:
    known = Circuit()
    known.failed()
    known.succeeded()
    assert all(known.allows() for _number in range(3))


def test_a_caller_that_never_came_back_keeps_nobody_out_for_ever(clock: Clock) -> None:
    known = Circuit()
    known.failed()
    clock.now += REST_SECONDS
    assert known.allows()
    clock.now += PROBE_SECONDS
    assert known.allows()


def test_of_many_threads_one_asks() -> None:
    known = Circuit(rest=0)
    known.failed()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _number: known.allows(), range(200))) == 1
