"""The minute of wrong tries begins with the first of them; later ones do not make it longer."""

import pytest

from applications.operations.throttle import Failures
from applications.rules.networks import parse_address

HERE = parse_address("192.0.2.1")


def test_a_try_does_not_prolong_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = Failures(most=2, seconds=60)
    waits = []
    for clock in (1000.0, 1030.0, 1045.0, 1061.0):
        with monkeypatch.context() as moment:
            moment.setattr("time.monotonic", lambda clock=clock: clock)
            waits.append(failures.record(HERE, "a"))
    assert waits == [0, 0, 15, 0]
