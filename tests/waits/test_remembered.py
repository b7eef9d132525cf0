"""What is answered from memory while the database is asked beside it, or does not answer."""

import threading

import pytest
from django.db import OperationalError

from applications.waits.remembered import Remembered


class Source:
    def __init__(self) -> None:
        self.value, self.reads, self.fails = 1, 0, False
        self.go = threading.Event()
        self.go.set()

    def read(self) -> int:
        self.reads += 1
        self.go.wait(10)
        if self.fails:
            raise OperationalError
        return self.value


@pytest.fixture
def source() -> Source:
    return Source()


def until_renewed(remembered: Remembered[int]) -> None:
    assert remembered.lock.acquire(timeout=10)
    remembered.lock.release()


def test_it_is_read_once_while_it_is_fresh(source: Source) -> None:
    remembered = Remembered(source.read, seconds=60)
    assert [remembered.get() for _number in range(3)] == [1, 1, 1]
    assert source.reads == 1
    remembered.forget()
    assert [remembered.get(), source.reads] == [1, 2]


def test_an_old_value_is_answered_at_once_and_read_anew_by_one_thread(source: Source) -> None:
    remembered = Remembered(source.read, seconds=0)
    assert remembered.get() == 1
    source.go.clear()  # the database does not answer
    source.value = 2
    assert [remembered.get() for _number in range(3)] == [1, 1, 1]
    source.go.set()
    until_renewed(remembered)
    assert (remembered.value, source.reads) == (2, 2)


def test_a_database_that_fails_leaves_the_old_value_and_is_asked_again(source: Source) -> None:
    remembered = Remembered(source.read, seconds=0)
    source.fails = True
    assert remembered.get() is None
    source.fails = False
    assert remembered.get() == 1
    source.fails = True
    assert remembered.get() == 1
    until_renewed(remembered)
    assert (remembered.get(), source.reads >= 3) == (1, True)
    until_renewed(remembered)
