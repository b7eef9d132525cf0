"""Figures at the end of a process: what one flush has taken is not lost to the next one, which is the last."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from applications.models.usage import ISSUED
from applications.operations import usage
from applications.operations.usage_gathered import Gathered


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let writing begin, which then waits, and return what lets it come to its end."""
    begun, enough = threading.Event(), threading.Event()

    def write(_taken: Gathered) -> None:
        begun.set()
        assert enough.wait(5)

    monkeypatch.setattr(usage.recorder.writer, "write", write)
    usage.record_event(1, ISSUED)
    threading.Thread(target=usage.flush).start()
    assert begun.wait(5)
    return enough.set


def test_the_last_flush_waits_for_one_that_is_under_way(go_on: Callable[[], None]) -> None:
    """A process that ends takes its threads with it, whatever they write."""
    with ThreadPoolExecutor(1) as pool:
        last: Future[None] = pool.submit(usage.flush, everything=True)
        with pytest.raises(TimeoutError):
            last.result(0.2)
        go_on()
        last.result(5)
