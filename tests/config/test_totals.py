"""Figures of a process, and those of several workers together."""

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.shared_totals import SharedTotals, memory_of
from config.totals import BUCKETS, Histogram, Totals

ISSUED = ("latchkey_tokens_issued",)
ASKED = ("latchkey_request_seconds", "/oauth/token")


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.0005, 0), (0.00051, 1), (9.9, len(BUCKETS) - 1), (11.0, len(BUCKETS))],
)
def test_a_time_counts_in_the_bucket_that_ends_at_it_or_above(seconds: float, bucket: int) -> None:
    histogram = Histogram()
    histogram.add(seconds)
    assert histogram.numbers.index(1) == bucket
    assert histogram.seconds == seconds


def test_a_bucket_has_all_that_were_no_slower() -> None:
    histogram = Histogram()
    for seconds in (0.0001, 0.003, 0.003, 60):
        histogram.add(seconds)
    ends = dict(histogram.cumulative())
    assert (ends["0.0005"], ends["0.005"], ends["10.0"], ends["+Inf"]) == (1, 3, 3, 4)


def totals(issued: int, *seconds: float) -> Totals:
    made = Totals()
    made.count(ISSUED, issued)
    for each in seconds:
        made.time(ASKED, each)
    return made


def test_totals_add_up_and_survive_a_file() -> None:
    both = totals(2, 0.1)
    both.add(totals(3, 0.2, 20))
    again = Totals.from_json(json.loads(json.dumps(both.to_json())))
    assert again == both
    assert again.counters[ISSUED] == 5
    assert sum(again.histograms[ASKED].numbers) == 3
    assert again.histograms[ASKED].seconds == pytest.approx(20.3)


def test_adding_changes_nothing_of_the_other() -> None:
    one, other = Totals(), totals(1, 0.1)
    one.add(other)
    one.time(ASKED, 0.1)
    assert sum(other.histograms[ASKED].numbers) == 1


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def child() -> Iterator[int]:
    """A process that runs, and whose parent this one is."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process.pid
    process.communicate()


def test_workers_are_read_together_and_only_those_that_run_count(
    tmp_path: Path, child: int, ended: int
) -> None:
    running = SharedTotals(tmp_path, os.getpid(), child)
    running.begin()
    running.write(totals(2, 0.1))
    SharedTotals(tmp_path, os.getpid(), ended).write(totals(5))
    assert running.together().counters[ISSUED] == 7
    assert running.workers() == [child]
    assert memory_of(child) > 1_000_000
    assert memory_of(ended) == 0


def test_a_new_worker_inherits_from_those_that_have_ended(tmp_path: Path, child: int, ended: int) -> None:
    """So no counter goes down, and files of dead workers do not pile up."""
    (dead := SharedTotals(tmp_path, os.getpid(), ended)).begin()
    dead.write(totals(5, 0.2))
    new = SharedTotals(tmp_path, os.getpid(), child)
    assert new.begin() == totals(5, 0.2)
    assert not dead.own.exists()
    assert new.together() == totals(5, 0.2)


def test_a_process_that_another_started_is_no_worker(tmp_path: Path) -> None:
    """The number of a worker that has ended may be another process's by now."""
    mine = SharedTotals(tmp_path, os.getpid(), os.getpid())
    mine.begin()
    assert mine.workers() == []


def test_what_a_server_that_has_ended_left_is_swept(tmp_path: Path, child: int, ended: int) -> None:
    other = SharedTotals(tmp_path, child, 1)
    other.begin()
    (tmp_path / "notes of somebody").write_text("")
    left = tmp_path / f"{ended}-1"
    left.mkdir()
    SharedTotals(tmp_path, os.getpid(), child).begin()
    assert not left.exists()
    assert other.folder.exists()


def test_a_later_server_of_the_same_number_begins_anew(tmp_path: Path) -> None:
    """In a container the server is process 1 each time."""
    before = tmp_path / f"{os.getpid()}-1"
    before.mkdir()
    (before / "7.json").write_text(json.dumps(totals(5).to_json()))
    assert SharedTotals(tmp_path, os.getpid(), 7).begin() == Totals()
    assert not before.exists()


def test_a_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves what was written before."""
    shared = SharedTotals(tmp_path, os.getpid(), 7)
    shared.begin()
    shared.write(totals(5))

    def full(_path: Path, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        shared.write(totals(6))
    assert shared.together() == totals(5)


def test_only_the_first_worker_is_the_first(tmp_path: Path) -> None:
    (one := SharedTotals(tmp_path, os.getpid(), 1)).begin()
    assert [one.is_first(), SharedTotals(tmp_path, os.getpid(), 2).is_first()] == [True, False]


def test_the_folder_is_for_nobody_else(tmp_path: Path) -> None:
    (shared := SharedTotals(tmp_path / "metrics", os.getpid(), 1)).begin()
    assert shared.folder.stat().st_mode & 0o077 == 0


def test_a_zombie_has_ended(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    (shared := SharedTotals(tmp_path, os.getpid(), process.pid)).begin()
    deadline = time.monotonic() + 10
    while shared.workers() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert shared.workers() == []
    process.wait()
